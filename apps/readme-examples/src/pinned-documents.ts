import { OAuthProvider } from '@tollgate/auth-core'
import { options } from './your-options.js'

export const auth = new OAuthProvider({
  ...options,
  clientIdMetadataDocuments: {
    pinned: [
      {
        client_id: 'https://client.example/oauth/client.json',
        client_name: 'Example Client',
        redirect_uris: ['https://client.example/oauth/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
      },
    ],
  },
})
