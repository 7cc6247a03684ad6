import { OAuthProvider } from '@tollgate/auth-core'
import { options } from './your-options.js'

export const auth = new OAuthProvider({
  ...options,
  clients: [
    {
      client_id: 'billing',
      grant_types: ['client_credentials'],
      scope: 'notes:read',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: 'https://billing.example.com/jwks.json',
    },
  ],
})
