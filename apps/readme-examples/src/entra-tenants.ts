import { JWTVerifier, RemoteAuthProvider } from '@tollgate/auth-core'

export const auth = new RemoteAuthProvider({
  baseUrl: 'https://api.example.com',
  authorizationServers: ['https://login.microsoftonline.com/organizations/v2.0'],
  tokenVerifier: new JWTVerifier({
    issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0',
    tenants: ['6c1e0b7a-2d3f-4a5b-8c9d-0e1f2a3b4c5d', 'a1b2c3d4-2d3f-4a5b-8c9d-0e1f2a3b4c5d'],
    jwksUri: 'https://login.microsoftonline.com/common/discovery/v2.0/keys',
    audience: '4f9a3a52-0c51-4c1c-9d0e-0d4c9a6b0c11',
    typ: 'any-jwt',
  }),
})
