import { JWTVerifier, MultiAuth, RemoteAuthProvider } from '@tollgate/auth-core'

const employees = 'https://login.example.com'
const partners = 'https://partners.example.com'
const requiredScopes = ['notes:read']

const server = new RemoteAuthProvider({
  baseUrl: 'https://api.example.com',
  authorizationServers: [employees, partners],
  tokenVerifier: new JWTVerifier({ issuer: employees, requiredScopes }),
})
export const auth = new MultiAuth({
  server,
  verifiers: new JWTVerifier({ issuer: partners, requiredScopes }),
})
