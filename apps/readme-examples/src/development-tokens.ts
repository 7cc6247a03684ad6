import { RemoteAuthProvider, StaticTokenVerifier } from '@tollgate/auth-core'

export const auth = new RemoteAuthProvider({
  baseUrl: 'http://localhost:3000',
  authorizationServers: ['https://login.example.com'],
  tokenVerifier: new StaticTokenVerifier({
    tokens: { 'token-of-alice': { clientId: 'my-app', subject: 'alice', scopes: ['notes:read'] } },
  }),
})
