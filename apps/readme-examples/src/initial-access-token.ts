import { OAuthProvider, secretDigest } from '@tollgate/auth-core'
import { options, secrets } from './your-options.js'

export const auth = new OAuthProvider({
  ...options,
  dynamicRegistration: { initialAccessToken: [{ digest: await secretDigest(secrets.registration) }] },
})
