import { JWTVerifier, RemoteAuthProvider } from '@tollgate/auth-core/resource-server'
import type { TokenSource } from '../../contender.js'
import { issuer, resource } from '../../issuer.js'

/** As in the README: a token must be for this resource, and `AccessToken.resource` names it. */
export function remoteAuth({ jwksUri }: TokenSource): RemoteAuthProvider {
  return new RemoteAuthProvider({
    baseUrl: new URL(resource).origin,
    authorizationServers: [issuer],
    tokenVerifier: new JWTVerifier({ issuer, jwksUri, requiredScopes: ['notes:read'] }),
  })
}
