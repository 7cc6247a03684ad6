import { OAuthProvider } from '@tollgate/auth-core'
import { privateJwk } from './your-keys.js'
import { options } from './your-options.js'

// A JWK with its `alg`. The first key signs, all are published.
export const auth = new OAuthProvider({ ...options, signingKeys: [privateJwk] })
