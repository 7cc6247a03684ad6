import { JWTVerifier, RemoteAuthProvider } from '@tollgate/auth-core'

export const auth = new RemoteAuthProvider({
  baseUrl: 'https://api.example.com',
  authorizationServers: ['https://example.eu.auth0.com/'],
  tokenVerifier: new JWTVerifier({
    issuer: 'https://example.eu.auth0.com/', // with the slash
    typ: 'any-jwt',
    scopes: ['scope', 'permissions'],
    requiredScopes: ['notes:read'],
  }),
})
