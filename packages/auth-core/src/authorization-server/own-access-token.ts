import { type JwtRules, verifyJwt } from '../token-verification/jwt.js'
import { scopesOfClaims } from '../token-verification/jwt-scopes.js'
import type { AuthorizationServer } from './authorization-server.js'
import { familyClaim } from './token-issuer.js'

/** An access token of this server that is good now: signed, current, and not revoked. */
export interface OwnAccessToken {
  readonly familyId: string
  readonly clientId: string
  readonly subject: string
  readonly scopes: readonly string[]
  readonly resource: string
  readonly issuedAt: number
  readonly expiresAt: number
  readonly jti: string
  readonly claims: Readonly<Record<string, unknown>>
}

/** Every claim that the issuer writes (RFC 9068 section 2.2): a token without one is not one of ours. */
const requiredClaims = ['sub', 'client_id', 'iat', 'jti', familyClaim]

/**
 * Verifies an access token that this server issued, for one of the resources that are named.
 *
 * @throws when the store cannot say whether the token was revoked.
 */
export async function verifyOwnAccessToken(
  server: AuthorizationServer,
  token: string,
  resources: readonly string[],
): Promise<OwnAccessToken | undefined> {
  const rules: JwtRules = {
    issuers: [server.issuer],
    audiences: resources,
    algorithms: new Set(['ES256']),
    typ: 'at+jwt',
    requiredClaims,
    // One clock, no tolerance.
    clockTolerance: 0,
    now: server.now,
  }
  const { claims, rejected } = await verifyJwt(token, rules, server.signingKeys)
  if (claims === undefined) {
    server.emit({ type: 'token.rejected', reason: rejected })
    return undefined
  }
  const familyId = String(claims[familyClaim])
  if ((await server.records.families.find(familyId)) === undefined) {
    server.emit({ type: 'token.rejected', reason: 'revoked' })
    return undefined
  }
  return {
    familyId,
    clientId: String(claims['client_id']),
    subject: String(claims.sub),
    scopes: scopesOfClaims(claims) ?? [],
    resource: String(claims.aud),
    issuedAt: Number(claims.iat),
    expiresAt: claims.exp,
    jti: String(claims.jti),
    claims,
  }
}
