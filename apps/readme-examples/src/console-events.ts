import { OAuthProvider } from '@tollgate/auth-core'
import { options } from './your-options.js'

export const auth = new OAuthProvider({
  ...options,
  onEvent: (event) => {
    if (event.type === 'refresh.reused') console.warn(`A refresh token of ${event.subject} may be stolen.`)
  },
})
