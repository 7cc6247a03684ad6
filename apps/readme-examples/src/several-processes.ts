import { OAuthProvider } from '@tollgate/auth-core'
import { database, options } from './your-options.js'

export const auth = new OAuthProvider({
  ...options,
  store: database, // the same one in every process
  revocationLag: 5,
})
