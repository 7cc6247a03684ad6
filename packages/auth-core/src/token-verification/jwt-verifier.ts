import type { JSONWebKeySet, JWK } from 'jose'
import { AccessToken, type AccessTokenFields, accessTokenWith } from '../contract/access-token.js'
import type { VerifyTokenOptions } from '../contract/auth-provider-like.js'
import { asWritten, keepVerdicts } from '../contract/verdict-memory.js'
import { reportRejection } from '../events/listener.js'
import type { TokenRejection } from '../oauth/reasons.js'
import { checkedList, checkedSeconds, checkedTolerance } from '../options/checks.js'
import { isSubclass, type OptionNames, refuseUnknownOptions } from '../options/unknown-options.js'
import { checkedUrl } from '../options/url.js'
import { failureAt } from '../outbound/fetch-failure.js'
import { type Fetch, fetchJson } from '../outbound/fetch-json.js'
import { DocumentGone } from '../outbound/not-found.js'
import { shownUrl } from '../outbound/shown-url.js'
import { providerOptionNames, providerOptions } from '../providers/auth-provider.js'
import { type Clock, isDuring, systemClock } from '../runtime/clock.js'
import { type AcceptedIssuers, acceptedIssuers, type IssuerOfClaims } from './jwt/accepted-issuers.js'
import { type JwtRules, saysWhenItEnded, verifyJwt } from './jwt/access-token-rules.js'
import { asymmetricAlgorithms } from './jwt/algorithms.js'
import { type ClaimMapping, type ClaimReaders, claimReaders } from './jwt/claim-mapping.js'
import { type ClaimsSchema, checkedClaimsSchema, readClaims } from './jwt/claims-schema.js'
import type { KeySource } from './jwt/jws.js'
import { type CheckedRecipient, checkedRecipient, type Recipient } from './jwt/recipient.js'
import { discoverJwksUri } from './keys/issuer-discovery.js'
import {
  checkedJwks,
  checkedPublicKey,
  isUsableKey,
  keySet,
  sharedSecret,
  staticKey,
  withLongKeys,
} from './keys/key-set.js'
import { maxAge, RemoteKeys } from './keys/remote-keys.js'
import { adviceOnJwt } from './rejection-advice.js'
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

export type JWTVerifierOptions<Claims extends object = Record<string, unknown>> = TokenVerifierOptions &
  JWTVerifierKeys &
  ClaimMapping & {
    /**
     * Whose tokens are accepted: the exact string of their `iss`. Several have one set of keys, so that each can sign for
     * the others: for issuers that do not trust each other, use `MultiAuth`.
     *
     * With the placeholder `{tenantid}`, for Entra ID, it is the issuer of each of the `tenants`: the one in `tid`. For
     * other issuers of many tenants, give a function: it gets claims that nobody has verified yet, and returns the issuer
     * that such a token must have. It must not be async. Both need `jwksUri` or another source of keys, and a key that
     * names an issuer signs for this one alone.
     */
    readonly issuer: string | readonly string[] | IssuerOfClaims
    /**
     * The tenants of an `issuer` with the placeholder `{tenantid}`: their GUIDs, or `any` for every tenant in the world,
     * if the application itself decides whose users may come in.
     */
    readonly tenants?: 'any' | readonly string[] | undefined
    /** What `aud` must contain. Default: the resource that is asked for, which is right for MCP. */
    readonly audience?: string | readonly string[] | undefined
    /** For issuers whose tokens have no `aud`, or one that says nothing: the clients whose tokens are accepted. */
    readonly recipient?: Recipient | undefined
    /** The signature algorithms that are accepted. Default: the asymmetric ones; with `secret`, HS256. */
    readonly algorithms?: readonly string[] | undefined
    /**
     * `at+jwt` (default) accepts what says that it is an access token (RFC 9068). `any-jwt` is for identity
     * providers that do not say so; ID tokens and other kinds are still refused.
     */
    readonly typ?: 'at+jwt' | 'any-jwt' | undefined
    /**
     * `rfc9068` refuses tokens that lack one of the claims which that standard requires: besides `iss`, `aud` and
     * `exp`, which are always needed, `sub`, `client_id`, `iat` and `jti`. Default: those may be missing.
     */
    readonly profile?: 'rfc9068' | undefined
    /**
     * Accepts tokens that are bound to a key of the client (`cnf`: DPoP, mutual TLS) as if they were not: whoever has
     * got hold of one can use it. Only where a proxy in front of this server checks the proof of each request.
     */
    readonly dangerouslyAcceptBoundTokensAsBearer?: boolean | undefined
    /**
     * Checks the claims of a token, and says of which type they are. What the schema outputs is what `claims` holds,
     * defaults and transforms applied; scopes, client, subject and expiry are read from the token itself. Claims that
     * do not fit make a bad token; a schema that throws is an outage.
     *
     * It runs after the signature was verified, and not again for a token that is remembered. Its output is shared
     * by all requests with the token, and therefore frozen.
     */
    readonly claims?: ClaimsSchema<Claims> | undefined
    /** Seconds until the issuer counts as down: for finding the keys and fetching them together. Default: 5. */
    readonly timeout?: number | undefined
    /** Seconds that clocks may differ, 60 at most. Default: 30. */
    readonly clockTolerance?: number | undefined
    readonly fetch?: Fetch | undefined
    readonly now?: Clock | undefined
  }

const optionNames = {
  ...providerOptionNames,
  issuer: true,
  tenants: true,
  audience: true,
  recipient: true,
  scopes: true,
  clientId: true,
  algorithms: true,
  typ: true,
  profile: true,
  publicKey: true,
  jwks: true,
  jwksUri: true,
  secret: true,
  claims: true,
  timeout: true,
  clockTolerance: true,
  dangerouslyAcceptBoundTokensAsBearer: true,
  fetch: true,
  now: true,
} as const satisfies OptionNames<JWTVerifierOptions>

const hmacAlgorithms = ['HS256', 'HS384', 'HS512']

/** What RFC 9068 section 2.2 requires besides `iss`, `aud` and `exp`. */
const claimsOfRfc9068 = ['sub', 'client_id', 'iat', 'jti']

/** What is remembered of a token whose signature is valid. */
type Verified<Claims extends object> = Omit<AccessTokenFields<Claims>, 'token'> & {
  readonly verifiedAt: number
  readonly usableUntil: number
}

/**
 * Verifies signed access tokens of one issuer or several.
 *
 * Checks the signature, `alg`, `typ`, `iss`, `aud`, `exp`, `nbf` and `iat`, and refuses tokens that are bound to a key
 * (`cnf`), because nobody has proved to have it. Does **not** check scopes (the gate does) and cannot know whether the
 * issuer has revoked the token since.
 *
 * Scopes are read from `scope`, or from `scp` without one, and the client from `client_id`, or `azp`, or the claim of
 * `recipient`. Other spellings are for the options `scopes` and `clientId`.
 *
 * @see [RFC 9068 section 4](https://www.rfc-editor.org/rfc/rfc9068.html#section-4)
 *
 * @example
 * ```ts
 * import { JWTVerifier, RemoteAuthProvider } from '@tollgate/auth-core'
 *
 * export const auth = new RemoteAuthProvider({
 *   baseUrl: 'https://api.example.com',
 *   authorizationServers: ['https://login.example.com'],
 *   tokenVerifier: new JWTVerifier({ issuer: 'https://login.example.com', requiredScopes: ['notes:read'] }),
 * })
 * ```
 */
export class JWTVerifier<Claims extends object = Record<string, unknown>> extends TokenVerifier<Claims> {
  readonly #rules: JwtRules
  readonly #audiences: readonly string[] | undefined
  readonly #recipient: CheckedRecipient | undefined
  readonly #read: ClaimReaders
  readonly #keys: KeySource
  readonly #verified = new VerifiedTokens<Verified<Claims>>()
  readonly #schema: ClaimsSchema<Claims> | undefined
  /** Whether code of the application takes part in the verdict: a schema, or functions. It is asked at every request. */
  readonly #asksApplication: boolean

  constructor(options: JWTVerifierOptions<Claims>) {
    refuseUnknownOptions('JWTVerifier', options, optionNames, {
      isSubclass: isSubclass(JWTVerifier, new.target),
    })
    super(providerOptions(options))
    const { clockTolerance = 30, typ = 'at+jwt', profile, now = systemClock } = options
    if (profile !== undefined && profile !== 'rfc9068') throw new TypeError('"profile" must be "rfc9068"')
    if (profile !== undefined && typ !== 'at+jwt')
      throw new TypeError('"typ" must be "at+jwt" where "profile" is "rfc9068"')
    if (typ !== 'at+jwt' && typ !== 'any-jwt') throw new TypeError('"typ" must be "at+jwt" or "any-jwt"')
    const { audience, recipient } = options
    if (recipient !== undefined && (audience !== undefined || profile !== undefined))
      throw new TypeError(
        `"recipient" and "${audience === undefined ? 'profile' : 'audience'}" exclude each other`,
      )
    this.#rules = {
      issuers: acceptedIssuers(options.issuer, options.tenants),
      algorithms: checkedAlgorithms(options),
      typ,
      requiredClaims: profile === undefined ? [] : claimsOfRfc9068,
      acceptBound: options.dangerouslyAcceptBoundTokensAsBearer,
      clockTolerance: checkedTolerance(clockTolerance),
      now,
    }
    this.#audiences = audience === undefined ? undefined : checkedList('audience', audience)
    this.#recipient = checkedRecipient('JWTVerifier', recipient)
    const clientClaims = [
      'client_id',
      'azp',
      ...(this.#recipient === undefined ? [] : [this.#recipient.claim]),
    ]
    this.#read = claimReaders(options, clientClaims)
    this.#schema = checkedClaimsSchema(options.claims)
    this.#keys = keySource(options, this.#rules.issuers, now, () => this.#verified.clear())
    this.#asksApplication =
      this.#schema !== undefined || this.#read.areFunctions || this.#rules.issuers.kind === 'function'
    // What the application says of a token may change from one request to the next: only the signature cannot.
    if (!this.#asksApplication) {
      keepVerdicts(this, verifyToken, (token, asked) => {
        const known = this.#recall(token, asked.resource ?? this.resourceUrl)
        return known === undefined ? undefined : accessTokenWith(known, token)
      })
    }
  }

  /**
   * Finds the keys now, for a server that should not start without them. Without it, they are found at the first token.
   *
   * @throws `OAuthError` with the status 503, and with the reason as its `cause`, if they could not be found.
   */
  async ready(): Promise<void> {
    await this.#keys.ready?.(this.listenerFor())
  }

  override async verifyToken(
    token: string,
    options: VerifyTokenOptions = {},
  ): Promise<AccessToken<Claims> | null> {
    const resource = options.resource ?? this.resourceUrl
    const known = this.#recall(token, resource)
    if (known !== undefined && !this.#asksApplication) return accessTokenWith(known, token)
    // Without an audience to check, any token of the issuer would do, also one for another service.
    const audiences = this.#audiences ?? (resource === undefined ? [] : [resource])
    const verifiedAt = this.#rules.now()
    const remember = this.#verified.rememberer()
    const emit = this.listenerFor(options)
    const expected = { audiences, recipient: this.#recipient }
    const refuse = (reason: TokenRejection) => {
      const advice = adviceOnJwt(reason, token, this.#rules, expected)
      const issuer = issuerNames(this.#rules.issuers)
      reportRejection(emit, { reason, issuer, ...advice }, options.deferRejection)
      return null
    }
    const { claims: written, rejected } = await verifyJwt(
      token,
      this.#rules,
      expected,
      this.#keys,
      emit,
      known !== undefined,
    )
    if (written === undefined) {
      // A function is asked about valid tokens alone, so that an expired one may be of another issuer.
      const isOfIssuer = this.#rules.issuers.kind !== 'function'
      if (rejected === 'expired' && isOfIssuer && saysWhenItEnded(token)) options.reportEnded?.({})
      return refuse(rejected)
    }
    const scopes = this.#read.scopes(written, emit)
    if (scopes === undefined) return refuse('scope')
    const clientId = this.#read.clientId(written, emit)
    const claims = await readClaims(written, this.#schema, emit)
    if (claims === undefined) return refuse('claims')
    const expiresAt = Math.floor(written.exp)
    const { iss: issuer, sub: subject } = written
    const fields = { clientId, scopes, expiresAt, resource, issuer, subject, claims }
    if (known === undefined) {
      const usableUntil = Math.min(expiresAt, this.#keys.trustedUntil?.() ?? verifiedAt + maxAge)
      remember(token, resource, { ...fields, verifiedAt, usableUntil })
    }
    return new AccessToken<Claims>({ ...fields, token })
  }

  override now(): number {
    return this.#rules.now()
  }

  override get clockTolerance(): number {
    return this.#rules.clockTolerance
  }

  #recall(token: string, resource: string | undefined): Verified<Claims> | undefined {
    const known = this.#verified.find(token, resource)
    return known !== undefined && isDuring(this.#rules.now(), known.verifiedAt, known.usableUntil)
      ? known
      : undefined
  }
}

const verifyToken = /* @__PURE__ */ asWritten(() => JWTVerifier.prototype.verifyToken)

/** For events: nobody knows what a function accepts. */
function issuerNames({ names }: AcceptedIssuers): string | undefined {
  return names.length === 0 ? undefined : names.join(' ')
}

function keySource(
  options: JWTVerifierKeys &
    Pick<TokenVerifierOptions, 'dangerouslyAllowInsecureUrls'> & {
      fetch?: Fetch | undefined
      timeout?: number | undefined
    },
  { names, kind }: AcceptedIssuers,
  now: Clock,
  onKeyGone: () => void,
): KeySource {
  const [source, other] = (['publicKey', 'secret', 'jwks', 'jwksUri'] as const).filter(
    (name) => options[name] !== undefined,
  )
  if (other !== undefined) throw new TypeError(`"${source}" and "${other}" exclude each other`)
  if (options.publicKey !== undefined) return staticKey(checkedPublicKey(options.publicKey))
  if (options.secret !== undefined) return sharedSecret(checkedSecret(options.secret))
  if (options.jwks !== undefined) return keySet(withLongKeys('jwks', checkedJwks('jwks', options.jwks)))
  const jwksUri = options.jwksUri
  if (jwksUri !== undefined) {
    checkedUrl('jwksUri', jwksUri.split('?', 1)[0] ?? '', {
      allowInsecure: options.dangerouslyAllowInsecureUrls ?? false,
    })
  }
  if (jwksUri === undefined && kind !== 'exact') {
    throw new TypeError(
      '"jwksUri" is missing: no keys can be discovered of an "issuer" that is a function or has a placeholder. Those of Entra ID are at https://login.microsoftonline.com/common/discovery/v2.0/keys',
    )
  }
  const [issuer = '', ...others] = names
  if (jwksUri === undefined && others.length > 0) {
    throw new TypeError(
      '"issuer" must be one issuer if its keys are to be discovered: use MultiAuth for several',
    )
  }
  if (jwksUri === undefined) {
    checkedUrl('issuer', issuer, { allowInsecure: options.dangerouslyAllowInsecureUrls ?? false })
  }
  const timeout = checkedSeconds('timeout', options.timeout ?? 5, 0.001)
  const fetchKeys = async () => {
    // One deadline for all of it, because requests wait for all of it.
    const bounds = { fetch: options.fetch, signal: AbortSignal.timeout(timeout * 1000) }
    const location = jwksUri ?? (await discoverJwksUri(issuer, bounds))
    try {
      const jwks = checkedJwks('jwksUri', await fetchJson(location, bounds))
      if (!jwks.keys.some(isUsableKey)) throw new DocumentGone(`${shownUrl(location)} has no usable key`)
      return jwks
    } catch (error) {
      throw failureAt(location, error)
    }
  }
  return new RemoteKeys(fetchKeys, now, onKeyGone)
}

function checkedAlgorithms(
  options: JWTVerifierKeys & { algorithms?: readonly string[] | undefined },
): ReadonlySet<string> {
  const possible: readonly string[] = options.secret === undefined ? asymmetricAlgorithms : hmacAlgorithms
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
