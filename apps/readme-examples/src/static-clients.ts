import { OAuthProvider, secretDigest } from '@tollgate/auth-core'
import { options, secrets } from './your-options.js'

export const auth = new OAuthProvider({
  ...options,
  clients: [
    {
      client_id: 'desk', // your application, which signs users in
      redirect_uris: ['https://desk.example.com/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      secrets: [{ digest: await secretDigest(secrets.desk) }],
    },
    {
      client_id: 'billing', // a service, which gets tokens for itself
      grant_types: ['client_credentials'],
      scope: 'notes:read',
      secrets: [{ digest: await secretDigest(secrets.billing) }],
    },
  ],
})
