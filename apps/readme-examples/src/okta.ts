import { JWTVerifier, RemoteAuthProvider } from '@tollgate/auth-core'

export const auth = new RemoteAuthProvider({
  baseUrl: 'https://api.example.com',
  authorizationServers: ['https://example.okta.com/oauth2/default'],
  tokenVerifier: new JWTVerifier({
    issuer: 'https://example.okta.com/oauth2/default',
    audience: 'api://default', // the audience of the authorization server
    typ: 'any-jwt',
    clientId: 'cid',
    requiredScopes: ['notes.read'],
  }),
})
