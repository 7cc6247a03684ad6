import { type AccessToken, type AccessTokenFields, accessTokenWith } from '../contract/access-token.js'
import type { VerifyTokenOptions } from '../contract/auth-provider-like.js'
import { presumeExpiry } from '../contract/presumed-expiry.js'
import { asWritten, keepVerdicts } from '../contract/verdict-memory.js'
import type { EventListener } from '../events/auth-event.js'
import { reportRejection } from '../events/listener.js'
import { unavailable } from '../oauth/oauth-error.js'
import type { TokenRejection } from '../oauth/reasons.js'
import { checkedOptions, refuseTogether } from '../options/option-table.js'
import { listOf } from '../options/rows.js'
import { isSubclass } from '../options/unknown-options.js'
import { providerOptions } from '../providers/provider-options.js'
import { isDuring } from '../runtime/clock.js'
import { SingleFlight } from '../runtime/single-flight.js'
import { askEndpoint, issuerNameOf } from './introspection/ask-endpoint.js'
import { checkCredentials } from './introspection/credentials.js'
import { adviceOnResponse, type IntrospectionResponse, rejectionOf } from './introspection/response-rules.js'
import {
  type CheckedIntrospectionOptions,
  type IntrospectionTokenVerifierOptions,
  introspectionOptionTable,
} from './introspection-options.js'
import { type CheckedRecipient, type ExpectedRecipient, recipientWithLists } from './jwt/audience.js'
import { type ClaimReaders, claimReaders } from './jwt/claim-mapping.js'
import { readClaims } from './jwt/claims-schema.js'
import { decodeJws } from './jwt/jws.js'
import { type Advice, adviceOnIssuer } from './jwt/rejection-advice.js'
import { TokenVerifier } from './token-verifier.js'
import { VerifiedTokens } from './verified-tokens.js'

/** When the endpoint was asked, and until when its response is used again, in seconds since the epoch. */
interface Remembered {
  readonly askedAt: number
  readonly usableUntil: number
}

type Accepted<Claims extends object> = Omit<AccessTokenFields<Claims>, 'token'> &
  Remembered & { readonly response: IntrospectionResponse }

interface Rejected {
  readonly reason: TokenRejection
  readonly advice: Advice
}

type Refused = Rejected & Remembered

/** Seconds after which a token is introspected again while its HTTP response is still open. */
const openResponseLag = 30

/** Seconds for which a token without an expiry is accepted. */
const openEnded = 60

/** How many refused tokens are remembered: few, because anybody can make them up, and at any length. */
const refusalCapacity = 1000

/**
 * Verifies tokens by asking their authorization server (RFC 7662): for opaque tokens, and to notice revocations at once.
 *
 * Also checks audience, expiry, `nbf`, `iat` and `iss` itself, and refuses tokens that are bound to a key (`cnf`), because
 * nothing proves that the sender has it. Does **not** check scopes: the gate does. If the endpoint cannot be reached, or
 * responds with anything but 200 and JSON, `verifyToken` rejects: that is an outage.
 *
 * The endpoint receives every token that clients present, valid or not, except remembered ones and, if `issuer` is set, JWTs
 * that name another issuer. Only the endpoint can tell whose an opaque token is.
 *
 * @see [RFC 7662 section 2](https://www.rfc-editor.org/rfc/rfc7662.html#section-2)
 *
 * @example
 * ```ts
 * import { IntrospectionTokenVerifier, RemoteAuthProvider } from '@tollgate/auth-core'
 * import { sharedSecret } from './your-keys.js'
 *
 * export const auth = new RemoteAuthProvider({
 *   baseUrl: 'https://api.example.com',
 *   authorizationServers: ['https://login.example.com'],
 *   tokenVerifier: new IntrospectionTokenVerifier({
 *     introspectionUrl: 'https://login.example.com/introspect',
 *     clientId: 'api',
 *     clientSecret: sharedSecret,
 *     requiredScopes: ['notes:read'],
 *   }),
 * })
 * ```
 */
export class IntrospectionTokenVerifier<
  Claims extends object = Record<string, unknown>,
> extends TokenVerifier<Claims> {
  readonly #options: CheckedIntrospectionOptions<Claims>
  readonly #audiences: readonly string[] | undefined
  /** The `issuer` of each `AccessToken`. Never the `iss` of a response, which may name the issuer of another source. */
  readonly #issuer: string | Promise<string>
  readonly #recipient: CheckedRecipient | undefined
  readonly #read: ClaimReaders
  readonly #cacheLifetime: number
  readonly #accepted: VerifiedTokens<Accepted<Claims>>
  readonly #refused = new VerifiedTokens<Refused>(refusalCapacity)
  readonly #flight = new SingleFlight<Accepted<Claims> | Refused>()
  /** Whether a schema or functions of the application take part in the verdict. They run on every request. */
  readonly #asksApplication: boolean

  /** @throws `TypeError` for wrong and unknown options. */
  constructor(options: IntrospectionTokenVerifierOptions<Claims>) {
    const owner = 'IntrospectionTokenVerifier'
    const checked = checkedOptions(owner, options, introspectionOptionTable(), {
      isSubclass: isSubclass(IntrospectionTokenVerifier, new.target),
    })
    super(providerOptions(checked))
    refuseTogether(owner, checked, 'recipient', ['audience', 'dangerouslyAllowAnyAudience'])
    checkCredentials(checked)
    const { audience, recipient, scopes, tokenClientId, issuer, introspectionUrl } = checked
    this.#audiences = audience === undefined ? undefined : listOf(audience)
    this.#recipient = recipient === undefined ? undefined : recipientWithLists(recipient)
    const clientClaims = ['client_id', ...(recipient === undefined ? [] : [recipient.claim])]
    this.#read = claimReaders({ scopes, clientId: tokenClientId }, clientClaims, 'tokenClientId')
    this.#issuer = issuer ?? issuerNameOf(introspectionUrl)
    this.#cacheLifetime = checked.maxCacheSize === 0 ? 0 : checked.cacheLifetime
    this.#accepted = new VerifiedTokens(Math.max(1, checked.maxCacheSize))
    this.#options = checked
    this.#asksApplication = checked.claims !== undefined || this.#read.areFunctions
    // The verdict of the application may change between requests, whatever the endpoint has said.
    if (!this.#asksApplication) {
      keepVerdicts(this, verifyToken, (token, asked) => {
        const known = this.#recall(token, asked.resource ?? this.resourceUrl)
        return known === undefined ? undefined : accessTokenFrom(known, token)
      })
    }
  }

  override async verifyToken(
    token: string,
    options: VerifyTokenOptions = {},
  ): Promise<AccessToken<Claims> | null> {
    const resource = options.resource ?? this.resourceUrl
    const emit = this.listenerFor(options)
    const known = this.#recall(token, resource)
    if (known !== undefined && !this.#asksApplication) return accessTokenFrom(known, token)
    const verdict =
      known === undefined
        ? await this.#ask(token, resource, emit)
        : await this.#accept(known.response, resource, known, emit)
    if (!('reason' in verdict)) return accessTokenFrom(verdict, token)
    const { reason, advice } = verdict
    reportRejection(emit, { reason, issuer: this.#options.issuer, ...advice }, options.deferRejection)
    return null
  }

  override now(): number {
    return this.#options.now()
  }

  override get clockTolerance(): number {
    return this.#options.clockTolerance
  }

  /** 30 seconds, or `cacheLifetime` if that is longer: each open HTTP response costs one introspection in that time. */
  override get revocationLag(): number {
    return Math.max(this.#cacheLifetime, openResponseLag)
  }

  #recall(token: string, resource: string | undefined): Accepted<Claims> | undefined {
    return this.#cacheLifetime === 0 ? undefined : this.#current(this.#accepted.find(token, resource))
  }

  #current<Verdict extends Remembered>(known: Verdict | undefined): Verdict | undefined {
    return known !== undefined && isDuring(this.now(), known.askedAt, known.usableUntil) ? known : undefined
  }

  async #ask(
    token: string,
    resource: string | undefined,
    emit: EventListener,
  ): Promise<Accepted<Claims> | Rejected> {
    const refused = this.#current(this.#refused.find(token, resource))
    return refused ?? this.#rejectionOfForeign(token) ?? this.#askOnce(token, resource, emit)
  }

  /**
   * Rejects a JWT that names another issuer. Nobody has verified that it does, but it cannot be a token of this issuer, and
   * the endpoint must not see a token that may be valid elsewhere.
   */
  #rejectionOfForeign(token: string): Rejected | undefined {
    const { issuer } = this.#options
    if (issuer === undefined) return undefined
    const iss = decodeJws(token)?.claims.iss
    return iss === undefined || iss === issuer
      ? undefined
      : { reason: 'issuer', advice: adviceOnIssuer(iss, [issuer]) }
  }

  /** Concurrent requests with the same token share one introspection. */
  #askOnce(
    token: string,
    resource: string | undefined,
    emit: EventListener,
  ): Promise<Accepted<Claims> | Refused> {
    const key = `${token} ${resource ?? ''}`
    const { maxConcurrency } = this.#options
    if (this.#flight.get(key) === undefined && this.#flight.size >= maxConcurrency) {
      const cause = new Error(`${maxConcurrency} introspection requests are open already`)
      emit({ type: 'source.unavailable', source: 'introspection', cause })
      return Promise.reject(unavailable('introspection_busy', cause))
    }
    return this.#flight.run(() => this.#introspect(token, resource, emit), key)
  }

  async #introspect(
    token: string,
    resource: string | undefined,
    emit: EventListener,
  ): Promise<Accepted<Claims> | Refused> {
    // The time before the request: the response may have taken long.
    const askedAt = this.now()
    const response = await askEndpoint(this.#options, token, emit)
    const audiences = this.#audiences ?? (resource === undefined ? [] : [resource])
    const expected = { audiences, recipient: this.#recipient }
    const reason = rejectionOf(response, this.#options, expected, this.now())
    const usableUntil = askedAt + this.#cacheLifetime
    const verdict =
      reason === undefined
        ? await this.#accept(response, resource, { askedAt, usableUntil }, emit)
        : this.#reject(reason, response, expected)
    if ('reason' in verdict) {
      const refused = { ...verdict, askedAt, usableUntil: askedAt + this.#options.refusalLifetime }
      if (refused.usableUntil > this.now()) this.#refused.remember(token, resource, refused)
      return refused
    }
    if (verdict.usableUntil > this.now()) this.#accepted.remember(token, resource, verdict)
    return verdict
  }

  /** Reads a valid response with the options, schema and functions of the application. */
  async #accept(
    response: IntrospectionResponse,
    resource: string | undefined,
    { askedAt, usableUntil }: Remembered,
    emit: EventListener,
  ): Promise<Accepted<Claims> | Rejected> {
    const scopes = this.#read.scopes(response, emit)
    if (scopes === undefined) return this.#reject('scope', response, { audiences: [] })
    const clientId = this.#read.clientId(response, emit)
    const claims = await readClaims(response, this.#options.claims, emit)
    if (claims === undefined) return this.#reject('claims', response, { audiences: [] })
    const { sub, exp } = response
    const subject = typeof sub === 'string' ? sub : undefined
    const expiresAt = typeof exp === 'number' ? Math.floor(exp) : askedAt + openEnded
    const issuer = await this.#issuer
    return {
      ...{ clientId, scopes, expiresAt, resource, issuer, subject, claims },
      ...{ response, askedAt, usableUntil: Math.min(expiresAt, usableUntil) },
    }
  }

  #reject(reason: TokenRejection, response: IntrospectionResponse, expected: ExpectedRecipient): Rejected {
    return { reason, advice: adviceOnResponse(reason, response, this.#options, expected) }
  }
}

function accessTokenFrom<Claims extends object>(known: Accepted<Claims>, token: string): AccessToken<Claims> {
  const accessToken = accessTokenWith(known, token)
  return known.response['exp'] === undefined ? presumeExpiry(accessToken) : accessToken
}

const verifyToken = /* @__PURE__ */ asWritten(() => IntrospectionTokenVerifier.prototype.verifyToken)
