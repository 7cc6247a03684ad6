import type { TokenFamily } from '../records/stored-records.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import {
  deleteOpaqueTokens,
  type IssuedOpaqueToken,
  issueOpaqueToken,
  type OpaqueTokenSeed,
} from './opaque-access-token.js'

/** A successful answer of the token endpoint (RFC 6749 section 5.1). */
export interface TokenResponse {
  readonly access_token: string
  readonly token_type: 'Bearer' | 'DPoP'
  readonly expires_in: number
  readonly scope?: string
  readonly refresh_token?: string
}

/** The claim that names the token family: an access token is good as long as its family is there. */
export const familyClaim = 'token_family'

/** Claims that the library writes: what the sign-in hook answers must not replace them. */
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
    // Where there is no `scope`, this would be taken for it.
    'scp',
    'auth_time',
    'cnf',
    'act',
    familyClaim,
  ],
  // With these, the token would pass for an ID token.
  ...['nonce', 'at_hash', 'c_hash'],
])

/** An access token that nobody has been given yet. */
export interface MintedAccessToken {
  readonly token: string
  readonly expiresIn: number
  /** What is stored of it; `undefined` for a JWT. */
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
 * Makes an access token of a family. It is not good before the family is stored, nor known to anybody before it is
 * answered.
 *
 * @param seed What an opaque token is made of, so that it can be made once more.
 * @see [RFC 9068 section 2](https://www.rfc-editor.org/rfc/rfc9068.html#section-2)
 */
export async function mintAccessToken(
  server: AuthorizationServer,
  familyId: string,
  family: TokenFamily,
  { scopes, resource, confirmation }: AccessTokenTerms,
  seed?: OpaqueTokenSeed,
): Promise<MintedAccessToken> {
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
  if (server.accessTokenFormat === 'opaque') {
    const opaque = await issueOpaqueToken(server, claims, seed)
    return { token: opaque.token, expiresIn: opaque.expiresAt - now, opaque }
  }
  const token = await (await server.signingKeys.current()).sign(claims, 'at+jwt')
  return { token, expiresIn: expiresAt - now, opaque: undefined }
}

/** Removes what is stored of an access token that nobody gets, unless somebody else may have it. Never rejects. */
export async function discardAccessToken(
  server: AuthorizationServer,
  { opaque }: MintedAccessToken,
): Promise<void> {
  if (opaque?.isNew === true) await deleteOpaqueTokens(server, [opaque.reference])
}

export function tokenResponse(
  accessToken: Pick<MintedAccessToken, 'token' | 'expiresIn'>,
  scopes: readonly string[],
  refreshToken: string | undefined,
): TokenResponse {
  return {
    access_token: accessToken.token,
    token_type: 'Bearer',
    expires_in: accessToken.expiresIn,
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
  }
}
