import { JWTVerifier, RemoteAuthProvider } from '@tollgate/auth-core'

export const auth = new RemoteAuthProvider({
  baseUrl: 'https://api.example.com',
  authorizationServers: ['https://login.example.com'],
  tokenVerifier: new JWTVerifier({ issuer: 'https://login.example.com', requiredScopes: ['notes:read'] }),
})
