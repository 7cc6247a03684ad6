import { JWTVerifier, RemoteAuthProvider } from '@tollgate/auth-core'

export const auth = new RemoteAuthProvider({
  tokenVerifier: new JWTVerifier({
    jwksUri: 'https://login.example.com/.well-known/jwks.json',
    issuer: 'https://login.example.com',
    audience: 'https://api.example.com/mcp',
    algorithms: ['RS256'],
    typ: 'any-jwt',
    requiredScopes: ['notes:read'],
  }),
  authorizationServers: ['https://login.example.com'],
  baseUrl: 'https://api.example.com',
})
