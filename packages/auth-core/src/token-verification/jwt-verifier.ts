import { AccessToken, type AccessTokenFields, accessTokenWith } from '../contract/access-token.js'
import type { VerifyTokenOptions } from '../contract/auth-provider-like.js'
import { asWritten, keepVerdicts } from '../contract/verdict-memory.js'
import { reportRejection } from '../events/listener.js'
import type { TokenRejection } from '../oauth/reasons.js'
import { checkedOptions, refuseTogether } from '../options/option-table.js'
import { listOf } from '../options/rows.js'
import { isSubclass } from '../options/unknown-options.js'
import { providerOptions } from '../providers/provider-options.js'
import { isDuring } from '../runtime/clock.js'
import { type AcceptedIssuers, acceptedIssuers } from './jwt/accepted-issuers.js'
import { type JwtRules, saysWhenItEnded, verifyJwt } from './jwt/access-token-rules.js'
import { asymmetricAlgorithms } from './jwt/algorithms.js'
import { type CheckedRecipient, recipientWithLists } from './jwt/audience.js'
import { type ClaimReaders, claimReaders } from './jwt/claim-mapping.js'
import { type ClaimsSchema, readClaims } from './jwt/claims-schema.js'
import type { KeySource } from './jwt/jws.js'
import { adviceOnJwt } from './jwt/rejection-advice.js'
import { type JWTVerifierOptions, jwtVerifierOptionTable } from './jwt-verifier-options.js'
import { keySource } from './keys/key-source.js'
import { maxAge } from './keys/remote-keys.js'
import { TokenVerifier } from './token-verifier.js'
import { VerifiedTokens } from './verified-tokens.js'

const keySources = ['publicKey', 'secret', 'jwks', 'jwksUri'] as const

/** What RFC 9068 section 2.2 requires besides `iss`, `aud` and `exp`. */
const claimsOfRfc9068 = ['sub', 'client_id', 'iat', 'jti']

/** The cached fields of a token whose signature is valid. */
type Verified<Claims extends object> = Omit<AccessTokenFields<Claims>, 'token'> & {
  readonly verifiedAt: number
  readonly usableUntil: number
}

/**
 * Verifies signed access tokens of one issuer or several.
 *
 * Checks the signature, `alg`, `typ`, `iss`, `aud`, `exp`, `nbf` and `iat`, and refuses tokens that are bound to a key
 * (`cnf`), because nothing proves that the sender has it. Does **not** check scopes (the gate does), and does **not** notice
 * revocations.
 *
 * Reads scopes from `scope`, otherwise from `scp`, and the client from `client_id`, `azp` or the claim of `recipient`. For
 * other claims, set the options `scopes` and `clientId`.
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
  /** Whether a schema or functions of the application take part in the verdict. They run on every request. */
  readonly #asksApplication: boolean

  /** @throws `TypeError` for wrong and unknown options. */
  constructor(options: JWTVerifierOptions<Claims>) {
    const checked = checkedOptions('JWTVerifier', options, jwtVerifierOptionTable(), {
      isSubclass: isSubclass(JWTVerifier, new.target),
    })
    super(providerOptions(checked))
    const { typ, profile, now, audience, recipient, clockTolerance } = checked
    if (profile !== undefined && typ !== 'at+jwt')
      throw new TypeError('JWTVerifier: "typ" must be "at+jwt" where "profile" is "rfc9068".')
    refuseTogether('JWTVerifier', checked, 'recipient', ['audience', 'profile'])
    for (const [i, source] of keySources.entries())
      refuseTogether('JWTVerifier', checked, source, keySources.slice(i + 1))
    this.#rules = {
      issuers: acceptedIssuers(checked.issuer, checked.tenants),
      algorithms: new Set(
        checked.algorithms ?? (checked.secret === undefined ? asymmetricAlgorithms : ['HS256']),
      ),
      typ,
      requiredClaims: profile === undefined ? [] : claimsOfRfc9068,
      acceptBound: checked.dangerouslyAcceptBoundTokensAsBearer,
      clockTolerance,
      now,
    }
    this.#audiences = audience === undefined ? undefined : listOf(audience)
    this.#recipient = recipient === undefined ? undefined : recipientWithLists(recipient)
    const recipientClaims = recipient === undefined ? [] : [recipient.claim]
    this.#read = claimReaders(checked, ['client_id', 'azp', ...recipientClaims])
    this.#schema = checked.claims
    this.#keys = keySource(checked, this.#rules.issuers, now, () => this.#verified.clear())
    this.#asksApplication =
      this.#schema !== undefined || this.#read.areFunctions || this.#rules.issuers.kind === 'function'
    // The verdict of the application may change between requests. A valid signature stays valid.
    if (!this.#asksApplication) {
      keepVerdicts(this, verifyToken, (token, asked) => {
        const known = this.#recall(token, asked.resource ?? this.resourceUrl)
        return known === undefined ? undefined : accessTokenWith(known, token)
      })
    }
  }

  /**
   * Fetches the keys, for a server that should not start without them. Otherwise, the first token fetches them.
   *
   * @throws `OAuthError` with status 503, and the reason as its `cause`, if they cannot be fetched.
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
    // An empty list refuses every token: without an audience, tokens for other services would be accepted.
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
      // A function sees only tokens that are valid otherwise, so an expired one may be from another issuer.
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

/** The configured issuers, for events. A function has none. */
function issuerNames({ names }: AcceptedIssuers): string | undefined {
  return names.length === 0 ? undefined : names.join(' ')
}
