import type { JSONWebKeySet, JWK } from 'jose'
import { AccessToken, type AccessTokenFields } from '../access-token.js'
import type { VerifyTokenOptions } from '../auth-provider.js'
import { type Clock, systemClock } from '../clock.js'
import { checkedUrl } from '../configuration-url.js'
import { type EventListener, safeListener } from '../events.js'
import { type Fetch, fetchJson } from '../http/fetch-json.js'
import { discoverJwksUri } from './issuer-discovery.js'
import { type JwtRules, type KeySource, verifyJwt } from './jwt.js'
import { scopesOfClaims } from './jwt-scopes.js'
import { checkedJwks, checkedPublicKey, keySet, sharedSecret, staticKey } from './keys.js'
import { maxAge, RemoteKeys } from './remote-keys.js'
import { TokenVerifier, type TokenVerifierOptions } from './token-verifier.js'
import { VerifiedTokens } from './verified-tokens.js'

/** Where the keys come from. Without any of these, they are discovered from the issuer. */
export type JWTVerifierKeys =
  | {
      readonly publicKey: string | JWK
      readonly jwks?: never
      readonly jwksUri?: never
      readonly secret?: never
    }
  | {
      readonly jwks: JSONWebKeySet
      readonly publicKey?: never
      readonly jwksUri?: never
      readonly secret?: never
    }
  | { readonly jwksUri: string; readonly publicKey?: never; readonly jwks?: never; readonly secret?: never }
  | {
      readonly secret: string | Uint8Array
      readonly publicKey?: never
      readonly jwks?: never
      readonly jwksUri?: never
    }
  | { readonly publicKey?: never; readonly jwks?: never; readonly jwksUri?: never; readonly secret?: never }

export type JWTVerifierOptions = TokenVerifierOptions &
  JWTVerifierKeys & {
    /** Whose tokens are accepted: the exact string of their `iss`. */
    readonly issuer: string | readonly string[]
    /** What `aud` must contain. Default: the resource that is asked for, which is right for MCP. */
    readonly audience?: string | readonly string[] | undefined
    /** The signature algorithms that are accepted. Default: the asymmetric ones; with `secret`, HS256. */
    readonly algorithms?: readonly string[] | undefined
    /**
     * `at+jwt` (default) accepts what says that it is an access token (RFC 9068). `any-jwt` is for identity
     * providers that do not say so; ID tokens and other kinds are still refused.
     */
    readonly typ?: 'at+jwt' | 'any-jwt' | undefined
    /** Seconds that clocks may differ, 60 at most. Default: 30. */
    readonly clockTolerance?: number | undefined
    readonly fetch?: Fetch | undefined
    readonly now?: Clock | undefined
    readonly onEvent?: EventListener | undefined
  }

const asymmetricAlgorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]
const hmacAlgorithms = ['HS256', 'HS384', 'HS512']

/**
 * Verifies signed access tokens of one issuer or several.
 *
 * Checks the signature, `alg`, `typ`, `iss`, `aud`, `exp`, `nbf` and `iat`. Does **not** check scopes (the gate does)
 * and cannot know whether the issuer has revoked the token since.
 *
 * @see [RFC 9068 section 4](https://www.rfc-editor.org/rfc/rfc9068.html#section-4)
 */
export class JWTVerifier extends TokenVerifier {
  readonly #rules: Omit<JwtRules, 'audiences'>
  readonly #audiences: readonly string[] | undefined
  readonly #keys: KeySource
  readonly #verified = new VerifiedTokens<
    Omit<AccessTokenFields, 'token'> & { readonly usableUntil: number }
  >()
  readonly #emit: EventListener

  constructor(options: JWTVerifierOptions) {
    super(options)
    const { clockTolerance = 30, typ = 'at+jwt', now = systemClock } = options
    if (!(clockTolerance >= 0 && clockTolerance <= 60))
      throw new TypeError('"clockTolerance" must be 0 to 60 seconds')
    if (typ !== 'at+jwt' && typ !== 'any-jwt') throw new TypeError('"typ" must be "at+jwt" or "any-jwt"')
    this.#rules = {
      issuers: checkedList('issuer', options.issuer),
      algorithms: checkedAlgorithms(options),
      typ,
      requiredClaims: [],
      clockTolerance,
      now,
    }
    this.#audiences = options.audience === undefined ? undefined : checkedList('audience', options.audience)
    this.#emit = safeListener(options.onEvent)
    this.#keys = keySource(options, this.#rules.issuers, now, this.#emit, () => this.#verified.clear())
  }

  override async verifyToken(token: string, options: VerifyTokenOptions = {}): Promise<AccessToken | null> {
    const resource = options.resource ?? this.resourceUrl
    // Without an audience to check, any token of the issuer would do, also one for another service.
    const audiences = this.#audiences ?? (resource === undefined ? [] : [resource])
    const verifiedAt = this.#rules.now()
    const remember = this.#verified.rememberer()
    const { claims, rejected } = await verifyJwt(token, { ...this.#rules, audiences }, this.#keys)
    const scopes = claims === undefined ? undefined : scopesOfClaims(claims)
    if (claims === undefined || scopes === undefined) {
      this.#emit({ type: 'token.rejected', reason: rejected ?? 'scope' })
      return null
    }
    const client = claims['client_id'] ?? claims['azp'] ?? claims.sub
    const fields = {
      clientId: typeof client === 'string' ? client : 'unknown',
      scopes,
      expiresAt: Math.floor(claims.exp),
      resource,
      subject: claims.sub,
      claims,
    }
    // No longer than keys are used without asking: a withdrawn key must not live on in what it signed.
    remember(token, resource, { ...fields, usableUntil: Math.min(fields.expiresAt, verifiedAt + maxAge) })
    return new AccessToken({ ...fields, token })
  }

  override recallToken(token: string, options: VerifyTokenOptions = {}): AccessToken | undefined {
    const fields = this.#verified.find(token, options.resource ?? this.resourceUrl)
    if (fields === undefined || fields.usableUntil <= this.#rules.now()) return undefined
    return new AccessToken({ ...fields, token })
  }
}

function keySource(
  options: JWTVerifierOptions,
  issuers: readonly string[],
  now: Clock,
  emit: EventListener,
  onKeyGone: () => void,
): KeySource {
  const [kind, other] = (['publicKey', 'secret', 'jwks', 'jwksUri'] as const).filter(
    (name) => options[name] !== undefined,
  )
  if (other !== undefined) throw new TypeError(`"${kind}" and "${other}" exclude each other`)
  if (options.publicKey !== undefined) return staticKey(checkedPublicKey(options.publicKey))
  if (options.secret !== undefined) return sharedSecret(checkedSecret(options.secret))
  if (options.jwks !== undefined) return keySet(checkedJwks('jwks', options.jwks))
  const jwksUri = options.jwksUri
  if (jwksUri !== undefined) {
    checkedUrl('jwksUri', jwksUri.split('?', 1)[0] ?? '', {
      allowInsecure: options.dangerouslyAllowInsecureUrls ?? false,
    })
  }
  const [issuer, ...others] = issuers as [string, ...string[]]
  if (jwksUri === undefined && others.length > 0) {
    throw new TypeError(
      '"issuer" must be one issuer if its keys are to be discovered: use MultiAuth for several',
    )
  }
  if (jwksUri === undefined) {
    checkedUrl('issuer', issuer, { allowInsecure: options.dangerouslyAllowInsecureUrls ?? false })
  }
  const fetchKeys = async () => {
    const location = jwksUri ?? (await discoverJwksUri(issuer, { fetch: options.fetch }))
    return checkedJwks('jwksUri', await fetchJson(location, { fetch: options.fetch }))
  }
  return new RemoteKeys(fetchKeys, now, emit, onKeyGone)
}

function checkedList(option: string, value: string | readonly string[]): readonly string[] {
  const list = typeof value === 'string' ? [value] : value
  if (
    !Array.isArray(list) ||
    list.length === 0 ||
    !list.every((one) => typeof one === 'string' && one !== '')
  ) {
    throw new TypeError(`"${option}" must be a string or a list of strings, not empty`)
  }
  return [...list]
}

function checkedAlgorithms(options: JWTVerifierOptions): ReadonlySet<string> {
  const possible = options.secret === undefined ? asymmetricAlgorithms : hmacAlgorithms
  const { algorithms = options.secret === undefined ? asymmetricAlgorithms : ['HS256'] } = options
  const unknown = algorithms.find((algorithm) => !possible.includes(algorithm))
  if (algorithms.length === 0 || unknown !== undefined) {
    throw new TypeError(
      `"algorithms" must be some of ${possible.join(', ')} for the kind of key that is configured`,
    )
  }
  return new Set(algorithms)
}

/** A public key used as a secret is no secret: anybody could sign with it. */
function checkedSecret(secret: string | Uint8Array): Uint8Array {
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret
  if (/-----BEGIN|"kty"/.test(new TextDecoder().decode(bytes))) {
    throw new TypeError('"secret" must not be a public key or a certificate: use "publicKey"')
  }
  if (bytes.byteLength < 32) throw new TypeError('"secret" must have at least 32 bytes')
  return bytes
}
