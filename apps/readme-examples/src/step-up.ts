import { OAuthProvider } from '@tollgate/auth-core'
import { options } from './your-options.js'

export const auth = new OAuthProvider({
  ...options,
  scopesSupported: ['notes:read', 'notes:write'],
  requiredScopes: ['notes:read'],
  stepUpOnRefresh: true,
})
