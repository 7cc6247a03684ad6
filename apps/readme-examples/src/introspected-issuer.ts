import { OAuthProvider, secretDigest } from '@tollgate/auth-core'
import { sharedSecret } from './your-keys.js'
import { options } from './your-options.js'

export const auth = new OAuthProvider({
  ...options,
  baseUrl: 'https://login.example.com',
  resources: ['https://api.example.com/mcp'],
  clients: [
    {
      client_id: 'api',
      secrets: [{ digest: await secretDigest(sharedSecret) }],
      introspects: ['https://api.example.com/mcp'],
    },
  ],
})
