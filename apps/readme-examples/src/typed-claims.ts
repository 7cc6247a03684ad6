import { JWTVerifier, RemoteAuthProvider } from '@tollgate/auth-core'
import { getAuth } from '@tollgate/auth-core/context'
import { z } from 'zod'

const issuer = 'https://login.example.com'

export const auth = new RemoteAuthProvider({
  baseUrl: 'https://api.example.com',
  authorizationServers: [issuer],
  tokenVerifier: new JWTVerifier({ issuer, claims: z.object({ tenant: z.string() }) }),
})

export function tenantOfCaller(): string | undefined {
  return getAuth(auth)?.claims.tenant
}
