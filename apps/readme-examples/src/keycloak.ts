import { JWTVerifier, RemoteAuthProvider } from '@tollgate/auth-core'

const issuer = 'https://login.example.com/realms/notes'

export const auth = new RemoteAuthProvider({
  baseUrl: 'https://api.example.com',
  authorizationServers: [issuer],
  tokenVerifier: new JWTVerifier({
    issuer,
    typ: 'any-jwt',
    recipient: { claim: 'azp', values: ['notes-mcp'], ignoredAudiences: ['account'] },
    scopes: ({ realm_access: access }) => (access as { roles?: string[] } | undefined)?.roles,
    requiredScopes: ['note-reader'],
  }),
})
