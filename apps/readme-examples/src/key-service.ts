import { OAuthProvider } from '@tollgate/auth-core'
import { kms, publicJwk } from './your-keys.js'
import { options } from './your-options.js'

export const auth = new OAuthProvider({
  ...options,
  signingKeys: [
    {
      publicJwk,
      // As with AWS KMS: the key never leaves the service.
      async sign(data) {
        const request = { KeyId: 'alias/tokens', Message: data, MessageType: 'RAW' }
        const { Signature } = await kms.sign({ ...request, SigningAlgorithm: 'ECDSA_SHA_256' })
        return Signature
      },
    },
  ],
})
