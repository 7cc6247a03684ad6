import { isSameResource } from '../../oauth/resource-identifier.js'

/**
 * The kind of a JWT. An issuer signs many kinds with the same keys, and only an access token gives access to a resource
 * (RFC 8725 section 3.12).
 */
export type TokenKind = 'access_token' | 'id_token' | 'other'

type Claims = Readonly<Record<string, unknown>>

/**
 * Media types (`typ` of the header, without `application/`) that only access tokens have.
 *
 * - `at+jwt`: [RFC 9068 section 2.1](https://www.rfc-editor.org/rfc/rfc9068.html#section-2.1)
 * - `okta-internal-at+jwt`: Okta's org authorization server, says
 *   [Okta](https://support.okta.com/help/s/article/the-typ-field-is-missing-from-the-access-token-header)
 */
const accessTokenTypes: ReadonlySet<unknown> = new Set(['at+jwt', 'okta-internal-at+jwt'])

/** Types that do not tell the kind of a JWT. */
const neutralTypes: ReadonlySet<unknown> = new Set([undefined, 'jwt'])

/**
 * Whether a JWT with this header may be an access token. An allowlist, because new kinds of signed JWTs keep appearing
 * (logout tokens, DPoP proofs, ID-JAG).
 *
 * @param typ The `typ` of the header, in lower case and without `application/`.
 * @param accepted `at+jwt` for issuers that follow RFC 9068, `any-jwt` for the others.
 */
export function mayBeAccessToken(typ: unknown, accepted: 'at+jwt' | 'any-jwt'): boolean {
  return typ === 'at+jwt' || (accepted === 'any-jwt' && (accessTokenTypes.has(typ) || neutralTypes.has(typ)))
}

/**
 * The kind of a JWT, by positive evidence. Without any, it counts as an ID token, because an ID token needs no claim that
 * identifies it as one.
 *
 * The rules apply in this order. The kind that the issuer names counts most. A claim of ID tokens counts more than scopes,
 * because AD FS, FusionAuth and UAA write scopes into ID tokens.
 *
 * @param typ The `typ` of the header, in lower case and without `application/`.
 * @param audiences The audiences that the operator expects.
 * @see [OpenID Connect Core section 2](https://openid.net/specs/openid-connect-core-1_0.html#IDToken)
 */
export function kindOfToken(typ: unknown, claims: Claims, audiences: readonly string[]): TokenKind {
  if (accessTokenTypes.has(typ)) return 'access_token'
  const named = namedKind(claims)
  if (named !== undefined) return named
  if (idTokenClaims.some((claim) => isPresent(claims[claim]))) return 'id_token'
  const isAccessToken =
    hasResourceScope(claims) ||
    accessTokenClaims.some((claim) => isPresent(claims[claim])) ||
    isForAnotherThanItsClient(claims) ||
    isForResource(claims, audiences)
  return isAccessToken ? 'access_token' : 'id_token'
}

/**
 * The kind that the claims of a token, or an introspection response, name; `undefined` without one. If they name several, one
 * that is not an access token wins: PingAM writes `token_type: Bearer` into refresh tokens.
 */
export function namedKind(claims: Claims): TokenKind | undefined {
  const names = kindClaims
    .flatMap((claim) => claims[claim])
    .filter((name) => typeof name === 'string')
    .map((name) => name.replace(tokenTypeUrn, ''))
  if (names.some((name) => idTokenName.test(name))) return 'id_token'
  if (names.some((name) => otherName.test(name))) return 'other'
  if (otherClaims.some((claim) => isPresent(claims[claim]))) return 'other'
  return names.some((name) => accessTokenName.test(name)) ? 'access_token' : undefined
}

/**
 * Claims that name the kind: `token_use` Cognito, `typ` Keycloak, `tokenName` PingAM (ForgeRock), `tokenType`
 * Casdoor, `tok_type` Oracle, `purpose` Curity, `drn` Descope, `type` many issuers of one application. A claim may
 * be a list. Other names do not count.
 */
const kindClaims = [
  'token_type',
  'token_use',
  'typ',
  'tokenName',
  'tokenType',
  'tok_type',
  'purpose',
  'drn',
  'type',
]

/**
 * The prefix of kinds that are URIs.
 *
 * @see [RFC 8693 section 3](https://www.rfc-editor.org/rfc/rfc8693.html#section-3)
 */
const tokenTypeUrn = /^urn:ietf:params:oauth:token-type:/i

const accessTokenName = /^(?:access|at|bearer|dpop)(?:[ _-]?token)?$/i
const idTokenName = /^(?:id|it)(?:[ _-]?token)?$/i
const otherName = /^(?:(?:refresh|rt|offline|logout)(?:[ _-]?token)?|dsr)$/i

/** Claims of security events, such as logouts (RFC 8417 section 2.2), and of refresh tokens of UAA. */
const otherClaims = ['events', 'granted_scopes']

/** Claims of ID tokens: hashes of tokens and codes issued with them, and the value that binds them to a browser. */
const idTokenClaims = ['at_hash', 'c_hash', 's_hash', 'nonce']

/** How the client authenticated. Entra ID writes it only into access tokens, which have no scopes without a user. */
const accessTokenClaims = ['azpacr', 'appidacr']

/**
 * Scopes about the user, not a resource: those of OpenID Connect, of AD FS (`allatclaims`), and those that request claims of
 * the same name (`groups`, `roles`).
 */
const userScopes = new Set([
  'openid',
  'profile',
  'email',
  'address',
  'phone',
  'offline_access',
  'allatclaims',
  'groups',
  'roles',
])

/** Whether a scope is one of a resource. AD FS and UAA repeat `openid` in ID tokens. */
function hasResourceScope({ scope, scp }: Claims): boolean {
  const scopes = [scope, scp].flatMap((value) => (typeof value === 'string' ? value.split(' ') : value))
  return scopes.some((one) => typeof one === 'string' && one !== '' && !userScopes.has(one))
}

/**
 * Whether the token names its client, and `aud` does not: `aud` of an ID token always contains the client. Does not read
 * `azp`: at Google, it may be another application of the same project.
 */
function isForAnotherThanItsClient(claims: Claims): boolean {
  const audiences = listOf(claims['aud'])
  return [claims['client_id'], claims['cid']].some(
    (client) => typeof client === 'string' && !audiences.includes(client),
  )
}

/**
 * Whether one of the expected audiences in `aud` is a URI, and none is the client. An ID token is for a client, whose ID is
 * not the URL of a resource. Curity writes a resource into `aud` of ID tokens, but also the client.
 */
function isForResource(claims: Claims, expected: readonly string[]): boolean {
  const audiences = listOf(claims['aud'])
  const clients = [claims['client_id'], claims['azp'], claims['cid'], claims['appid']]
  return (
    !audiences.some((one) => clients.includes(one)) &&
    audiences.some(
      (one) =>
        typeof one === 'string' &&
        uri.test(one) &&
        expected.some((resource) => isSameResource(one, resource)),
    )
  )
}

const uri = /^(?:[a-z][a-z\d+.-]*:\/\/|urn:)/i

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}
