import { JWTVerifier, RemoteAuthProvider } from '@tollgate/auth-core/resource-server'
import type { TokenSource } from '../../contender.js'
import { issuer, resource } from '../../issuer.js'

/** What the README shows: a token has to be for this very resource, and `AccessToken.resource` says so. */
export function remoteAuth({ jwksUri }: TokenSource): RemoteAuthProvider {
  return new RemoteAuthProvider({
    baseUrl: new URL(resource).origin,
    authorizationServers: [issuer],
    tokenVerifier: new JWTVerifier({ issuer, jwksUri, requiredScopes: ['notes:read'] }),
  })
}
