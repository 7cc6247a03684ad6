import { logEvents, OAuthProvider } from '@tollgate/auth-core'
import { logger, options } from './your-options.js'

export const auth = new OAuthProvider({
  ...options,
  onEvent: logEvents(logger),
})
