import { JWTVerifier, RemoteAuthProvider } from '@tollgate/auth-core'

const issuer = 'https://login.microsoftonline.com/6c1e0b7a-2d3f-4a5b-8c9d-0e1f2a3b4c5d/v2.0'

export const auth = new RemoteAuthProvider({
  baseUrl: 'https://api.example.com',
  authorizationServers: [issuer],
  challengeScopes: ['api://notes/notes.read'],
  tokenVerifier: new JWTVerifier({
    issuer,
    audience: '4f9a3a52-0c51-4c1c-9d0e-0d4c9a6b0c11', // the application ID of the API
    typ: 'any-jwt',
    scopes: ['scp', 'roles'], // roles are the rights of a client without a user
    requiredScopes: ['notes.read'],
  }),
})
