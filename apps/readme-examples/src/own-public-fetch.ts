import { OAuthProvider } from '@tollgate/auth-core'
import { options } from './your-options.js'

export const auth = new OAuthProvider({
  ...options,
  // Only if nothing private can be reached from here, or only through a proxy that refuses it.
  ssrfSafeFetch: (url, init) => fetch(url, init),
})
