import type { Clock } from '../../runtime/clock.js'
import type { Lifetimes } from '../records/lifetimes.js'
import type { TokenFamily } from '../records/stored-records.js'
import type { SigningKeys } from '../signing/signing-key.js'
import {
  deleteOpaqueTokens,
  type IssuedOpaqueToken,
  issueOpaqueToken,
  type OpaqueTokenSeed,
  type OpaqueTokenStorage,
} from './opaque-access-token.js'

/** The response of the token endpoint (RFC 6749 section 5.1). */
export interface TokenResponse {
  readonly access_token: string
  readonly token_type: 'Bearer' | 'DPoP'
  readonly expires_in: number
  readonly scope?: string
  readonly refresh_token?: string
}

/** The claim with the grant ID. An access token is valid only while its token family is stored. */
export const familyClaim = 'token_family'

/** Claims that the sign-in hook must not set. */
const ownClaims = new Set([
  ...[
    'iss',
    'sub',
    'aud',
    'exp',
    'nbf',
    'iat',
    'jti',
    'client_id',
    'scope',
    // Some resource servers read this claim as `scope`.
    'scp',
    'auth_time',
    'cnf',
    'act',
    familyClaim,
  ],
  // A token with these claims could be accepted as an ID token.
  ...['nonce', 'at_hash', 'c_hash'],
])

/** The members of `AuthorizationServer` that issuing access tokens needs. */
export interface AccessTokenIssuer extends OpaqueTokenStorage {
  readonly issuer: string
  readonly accessTokenFormat: 'jwt' | 'opaque'
  readonly lifetimes: Pick<Lifetimes, 'accessToken'>
  readonly signingKeys: Pick<SigningKeys, 'current'>
  readonly now: Clock
}

/** An access token that no client has received yet. */
export interface IssuedAccessToken {
  readonly token: string
  readonly type: TokenResponse['token_type']
  /** In seconds. */
  readonly expiresIn: number
  /** What is stored of the token; `undefined` for a JWT. */
  readonly opaque: IssuedOpaqueToken | undefined
}

/** The key that a token is bound to, by its thumbprint (RFC 9449 section 6.1). */
export interface KeyConfirmation {
  readonly jkt: string
}

/** What an access token is for. */
export interface AccessTokenTerms {
  readonly scopes: readonly string[]
  readonly resource: string
  readonly confirmation?: KeyConfirmation | undefined
}

/**
 * Issues an access token of a family. It is valid once the family is stored.
 *
 * @param seed What an opaque token is derived from, so that a repeated refresh gets the same one. Default: random.
 * @see [RFC 9068 section 2](https://www.rfc-editor.org/rfc/rfc9068.html#section-2)
 */
export async function issueAccessToken(
  server: AccessTokenIssuer,
  familyId: string,
  family: TokenFamily,
  { scopes, resource, confirmation }: AccessTokenTerms,
  seed?: OpaqueTokenSeed,
): Promise<IssuedAccessToken> {
  const now = server.now()
  const expiresAt = Math.min(now + server.lifetimes.accessToken, family.expiresAt)
  const extraClaims = Object.entries(family.claims).filter(([name]) => !ownClaims.has(name))
  const claims = {
    ...Object.fromEntries(extraClaims),
    iss: server.issuer,
    sub: family.subject,
    aud: resource,
    client_id: family.clientId,
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
    iat: now,
    exp: expiresAt,
    ...(family.authenticatedAt === undefined ? {} : { auth_time: family.authenticatedAt }),
    jti: crypto.randomUUID(),
    ...(confirmation === undefined ? {} : { cnf: confirmation }),
    [familyClaim]: familyId,
  }
  const type = confirmation === undefined ? 'Bearer' : 'DPoP'
  if (server.accessTokenFormat === 'opaque') {
    const opaque = await issueOpaqueToken(server, claims, seed)
    return { token: opaque.token, type, expiresIn: opaque.expiresAt - now, opaque }
  }
  const token = await (await server.signingKeys.current()).sign(claims, 'at+jwt')
  return { token, type, expiresIn: expiresAt - now, opaque: undefined }
}

/** Removes what is stored of an access token that no client received. Never rejects. */
export async function discardAccessToken(
  server: OpaqueTokenStorage,
  { opaque }: IssuedAccessToken,
): Promise<void> {
  if (opaque?.isNew === true) await deleteOpaqueTokens(server, [opaque.reference])
}

/** Returns the response of the token endpoint. */
export function tokenResponse(
  accessToken: Pick<IssuedAccessToken, 'token' | 'type' | 'expiresIn'>,
  scopes: readonly string[],
  refreshToken: string | undefined,
): TokenResponse {
  return {
    access_token: accessToken.token,
    token_type: accessToken.type,
    expires_in: accessToken.expiresIn,
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
  }
}
