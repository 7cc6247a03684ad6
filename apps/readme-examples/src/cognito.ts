import { JWTVerifier, RemoteAuthProvider } from '@tollgate/auth-core'

const issuer = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example'

export const auth = new RemoteAuthProvider({
  baseUrl: 'https://api.example.com',
  authorizationServers: [issuer],
  tokenVerifier: new JWTVerifier({
    issuer,
    typ: 'any-jwt',
    recipient: { claim: 'client_id', values: ['1example23456789'] },
    requiredScopes: ['notes/read'],
  }),
})
