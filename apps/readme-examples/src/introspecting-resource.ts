import { IntrospectionTokenVerifier, RemoteAuthProvider } from '@tollgate/auth-core'
import { sharedSecret } from './your-keys.js'

export const auth = new RemoteAuthProvider({
  baseUrl: 'https://api.example.com',
  authorizationServers: ['https://login.example.com'],
  tokenVerifier: new IntrospectionTokenVerifier({
    introspectionUrl: 'https://login.example.com/introspect',
    clientId: 'api',
    clientSecret: sharedSecret,
    requiredScopes: ['notes:read'],
  }),
})
