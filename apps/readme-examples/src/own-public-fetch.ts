import { OAuthProvider } from '@tollgate/auth-core'
import { options } from './your-options.js'

export const auth = new OAuthProvider({
  ...options,
  // Only where private addresses are unreachable, or behind a proxy that refuses them.
  ssrfSafeFetch: (url, init) => fetch(url, init),
})
