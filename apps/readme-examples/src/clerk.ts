import { JWTVerifier, RemoteAuthProvider } from '@tollgate/auth-core'

export const auth = new RemoteAuthProvider({
  baseUrl: 'https://api.example.com',
  authorizationServers: ['https://clerk.example.com'],
  tokenVerifier: new JWTVerifier({
    issuer: 'https://clerk.example.com',
    recipient: { claim: 'client_id', values: ['oauth_app_1'] },
  }),
})
