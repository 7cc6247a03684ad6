import { type AccessToken, type AccessTokenFields, accessTokenWith } from '../contract/access-token.js'
import type { VerifyTokenOptions } from '../contract/auth-provider-like.js'
import { isInMilliseconds } from '../contract/checked-verdict.js'
import { presumeExpiry } from '../contract/presumed-expiry.js'
import { asWritten, keepVerdicts } from '../contract/verdict-memory.js'
import type { EventListener } from '../events/auth-event.js'
import { reportRejection } from '../events/listener.js'
import { unavailable } from '../oauth/oauth-error.js'
import type { TokenRejection } from '../oauth/reasons.js'
import { checkedOptions, refuseTogether } from '../options/option-table.js'
import { listOf } from '../options/rows.js'
import { isSubclass } from '../options/unknown-options.js'
import { failureAt } from '../outbound/fetch-failure.js'
import { fetchJson } from '../outbound/fetch-json.js'
import { shownUrl } from '../outbound/shown-url.js'
import { providerOptions } from '../providers/provider-options.js'
import { isDuring } from '../runtime/clock.js'
import { sha256 } from '../runtime/crypto.js'
import { SingleFlight } from '../runtime/single-flight.js'
import { checkCredentials, presentCredentials } from './introspection/credentials.js'
import {
  type CheckedIntrospectionOptions,
  type IntrospectionTokenVerifierOptions,
  introspectionOptionTable,
} from './introspection-options.js'
import { checkTimes } from './jwt/access-token-rules.js'
import { type ClaimReaders, claimReaders } from './jwt/claim-mapping.js'
import { readClaims } from './jwt/claims-schema.js'
import { decodeJws } from './jwt/jws.js'
import { isBoundToKey } from './jwt/key-bound.js'
import { type CheckedRecipient, recipientWithLists, wrongRecipient } from './jwt/recipient.js'
import { namedKind } from './jwt/token-kind.js'
import { type Advice, adviceOnClaims, adviceOnIssuer } from './rejection-advice.js'
import { TokenVerifier } from './token-verifier.js'
import { VerifiedTokens } from './verified-tokens.js'

type Accepted<Claims extends object> = Omit<AccessTokenFields<Claims>, 'token'> & {
  /** The response of the endpoint. */
  readonly answer: Record<string, unknown>
  readonly askedAt: number
  readonly usableUntil: number
}

interface Rejected {
  readonly reason: TokenRejection
  readonly advice: Advice
}

interface Refused extends Rejected {
  readonly askedAt: number
  readonly usableUntil: number
}

/** Seconds after which the endpoint is asked again about the token of a response that is still open. */
const openResponseLag = 30

const noIssuerHint = 'The introspection endpoint does not say "iss". Leave out "issuer".'

/** What is said to be the life of a token without an expiry, in seconds. */
const openEnded = 60

/**
 * How many refused tokens are remembered at most. Few, because those who make them up decide how many come, and how
 * long they are.
 */
const refusalCapacity = 1000

/**
 * Verifies tokens by asking their authorization server (RFC 7662). For opaque tokens, and for those whose revocation
 * must be noticed at once.
 *
 * Audience, expiry, `nbf`, `iat` and `iss` are checked here, too, whatever the endpoint says, and tokens that are bound to
 * a key (`cnf`) are refused, because nobody has proved to have it. Does **not** check scopes: the gate does. An endpoint
 * that cannot be reached, or answers anything but 200 and JSON, is an outage: `verifyToken` rejects.
 *
 * The endpoint is sent every token that is presented here, good or not, but for those that are remembered and, where
 * `issuer` is set, for JWTs that name another issuer. Whose an opaque token is, only the endpoint can tell.
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
  /** What an `AccessToken` has: never an `iss` that the endpoint made up, which may be that of another source. */
  readonly #issuer: string | Promise<string>
  readonly #recipient: CheckedRecipient | undefined
  readonly #read: ClaimReaders
  readonly #cacheLifetime: number
  readonly #accepted: VerifiedTokens<Accepted<Claims>>
  readonly #refused = new VerifiedTokens<Refused>(refusalCapacity)
  readonly #flight = new SingleFlight<Accepted<Claims> | Refused>()
  /** Whether code of the application takes part in the verdict: a schema, or functions. It is asked at every request. */
  readonly #asksApplication: boolean

  constructor(options: IntrospectionTokenVerifierOptions<Claims>) {
    const checked = checkedOptions('IntrospectionTokenVerifier', options, introspectionOptionTable(), {
      isSubclass: isSubclass(IntrospectionTokenVerifier, new.target),
    })
    super(providerOptions(checked))
    refuseTogether('IntrospectionTokenVerifier', checked, 'recipient', [
      'audience',
      'dangerouslyAllowAnyAudience',
    ])
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
    // What the application says of a token may change from one request to the next, whatever the endpoint said.
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
    const answer =
      known === undefined
        ? await this.#ask(token, resource, emit)
        : await this.#accept(known.answer, resource, known, emit)
    if (!('reason' in answer)) return accessTokenFrom(answer, token)
    const { reason, advice } = answer
    reportRejection(emit, { reason, issuer: this.#options.issuer, ...advice }, options.deferRejection)
    return null
  }

  /** What the endpoint says of a token, or said a moment ago when it refused it. */
  async #ask(
    token: string,
    resource: string | undefined,
    emit: EventListener,
  ): Promise<Accepted<Claims> | Rejected> {
    const refused = this.#refused.find(token, resource)
    if (refused !== undefined && isDuring(this.#options.now(), refused.askedAt, refused.usableUntil))
      return refused
    return this.#isForeign(token) ? this.#foreign(token) : this.#askOnce(token, resource, emit)
  }

  /**
   * Whether a token says that it is somebody else's. Nobody has verified that, but what claims to be the good token of
   * another issuer is none of this one, and is not for its endpoint to see.
   */
  #isForeign(token: string): boolean {
    const { issuer } = this.#options
    const iss = issuer === undefined ? undefined : decodeJws(token)?.claims.iss
    return iss !== undefined && iss !== issuer
  }

  #foreign(token: string): Rejected {
    const { issuer = '' } = this.#options
    return { reason: 'issuer', advice: adviceOnIssuer(decodeJws(token)?.claims.iss, [issuer]) }
  }

  #recall(token: string, resource: string | undefined): Accepted<Claims> | undefined {
    if (this.#cacheLifetime === 0) return undefined
    const known = this.#accepted.find(token, resource)
    return known !== undefined && isDuring(this.#options.now(), known.askedAt, known.usableUntil)
      ? known
      : undefined
  }

  override now(): number {
    return this.#options.now()
  }

  override get clockTolerance(): number {
    return this.#options.clockTolerance
  }

  /** Half a minute, or `cacheLifetime` if that is longer: each response that stays open is a question that often. */
  override get revocationLag(): number {
    return Math.max(this.#cacheLifetime, openResponseLag)
  }

  /** Requests with one token at one moment share one question. */
  #askOnce(
    token: string,
    resource: string | undefined,
    emit: EventListener,
  ): Promise<Accepted<Claims> | Refused> {
    const key = `${token} ${resource ?? ''}`
    if (this.#flight.get(key) === undefined && this.#flight.size >= this.#options.maxConcurrency) {
      const cause = new Error(`${this.#options.maxConcurrency} introspection requests are open already`)
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
    // What is remembered is as old as the question: the answer may have been long on its way.
    const askedAt = this.#options.now()
    const answer = await this.#askEndpoint(token, emit)
    // Only the boolean: "true" is what a server says that does not know the protocol.
    const audiences = this.#audiences ?? (resource === undefined ? [] : [resource])
    const rejected = answer['active'] === true ? this.#check(answer, audiences) : 'inactive'
    const usableUntil = askedAt + this.#cacheLifetime
    const read =
      rejected === undefined
        ? await this.#accept(answer, resource, { askedAt, usableUntil }, emit)
        : this.#reject(rejected, answer, audiences)
    if ('reason' in read) return this.#refuse(token, resource, { ...read, askedAt })
    if (read.usableUntil > this.#options.now()) this.#accepted.remember(token, resource, read)
    return read
  }

  /** What the application reads in a response of the endpoint that is in order. */
  async #accept(
    answer: Record<string, unknown>,
    resource: string | undefined,
    { askedAt, usableUntil }: Pick<Accepted<Claims>, 'askedAt' | 'usableUntil'>,
    emit: EventListener,
  ): Promise<Accepted<Claims> | Rejected> {
    const scopes = this.#read.scopes(answer, emit)
    if (scopes === undefined) return this.#reject('scope', answer, [])
    const clientId = this.#read.clientId(answer, emit)
    const claims = await readClaims(answer, this.#options.claims, emit)
    if (claims === undefined) return this.#reject('claims', answer, [])
    const { sub, exp } = answer
    const subject = typeof sub === 'string' ? sub : undefined
    const expiresAt = typeof exp === 'number' ? Math.floor(exp) : askedAt + openEnded
    const issuer = await this.#issuer
    return {
      ...{ clientId, scopes, expiresAt, resource, issuer, subject, claims },
      ...{ answer, askedAt, usableUntil: Math.min(expiresAt, usableUntil) },
    }
  }

  #refuse(token: string, resource: string | undefined, refusal: Omit<Refused, 'usableUntil'>): Refused {
    const refused = { ...refusal, usableUntil: refusal.askedAt + this.#options.refusalLifetime }
    if (refused.usableUntil > this.#options.now()) this.#refused.remember(token, resource, refused)
    return refused
  }

  #reject(reason: TokenRejection, answer: Record<string, unknown>, audiences: readonly string[]): Rejected {
    return { reason, advice: this.#adviceOn(reason, answer, audiences) }
  }

  /** What an event says besides the reason: configured values and fixed sentences, nothing of the response. */
  #adviceOn(reason: TokenRejection, answer: Record<string, unknown>, audiences: readonly string[]): Advice {
    if (reason === 'issuer') {
      const { issuer = '' } = this.#options
      const isMissing = answer['iss'] === undefined
      return adviceOnIssuer(answer['iss'], [issuer], isMissing ? noIssuerHint : undefined)
    }
    if (reason === 'expired' && answer['exp'] === undefined)
      return { hint: 'The introspection endpoint does not say "exp". Set "allowMissingExp".' }
    return adviceOnClaims(reason, answer, { audiences, recipient: this.#recipient })
  }

  #check(answer: Record<string, unknown>, audiences: readonly string[]): TokenRejection | undefined {
    const { issuer, allowMissingExp, dangerouslyAllowAnyAudience } = this.#options
    const { dangerouslyAcceptBoundTokensAsBearer: acceptBound = false } = this.#options
    if (issuer !== undefined && answer['iss'] !== issuer) return 'issuer'
    const notForUs = wrongRecipient(answer, { audiences, recipient: this.#recipient })
    if (!dangerouslyAllowAnyAudience && notForUs !== undefined) return notForUs
    const kind = namedKind(answer)
    if (kind !== undefined && kind !== 'access_token') return kind === 'id_token' ? 'id_token' : 'type'
    if (!acceptBound && isBoundToKey(answer)) return 'bound_to_key'
    const { sub, exp = allowMissingExp ? Number.MAX_SAFE_INTEGER : undefined, nbf, iat } = answer
    if (sub !== undefined && typeof sub !== 'string') return 'subject'
    if (isInMilliseconds(answer['exp'])) return 'expiry_in_milliseconds'
    return checkTimes({ exp, nbf, iat }, this.#options.now(), this.#options.clockTolerance)
  }

  async #askEndpoint(token: string, emit: EventListener): Promise<Record<string, unknown>> {
    const { introspectionUrl, fetch, timeout } = this.#options
    try {
      const { headers, parameters } = await presentCredentials(this.#options, this.#options.now())
      const form = new URLSearchParams({ token, token_type_hint: 'access_token', ...parameters })
      const answer = await fetchJson(introspectionUrl, { fetch, timeout, form, headers })
      if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
        throw new Error(`${shownUrl(introspectionUrl)} did not answer a JSON object`)
      }
      return answer as Record<string, unknown>
    } catch (error) {
      const cause = failureAt(introspectionUrl, error)
      emit({ type: 'source.unavailable', source: 'introspection', cause })
      throw unavailable('introspection_unavailable', cause)
    }
  }
}

function accessTokenFrom<Claims extends object>(known: Accepted<Claims>, token: string): AccessToken<Claims> {
  const accessToken = accessTokenWith(known, token)
  return known.answer['exp'] === undefined ? presumeExpiry(accessToken) : accessToken
}

const verifyToken = /* @__PURE__ */ asWritten(() => IntrospectionTokenVerifier.prototype.verifyToken)

/** The name of an endpoint that names no issuer. Its query tells realms apart, and is for nobody to read. */
function issuerNameOf(introspectionUrl: string): string | Promise<string> {
  const start = introspectionUrl.indexOf('?')
  if (start < 0) return introspectionUrl
  const endpoint = introspectionUrl.slice(0, start)
  const digest = sha256(introspectionUrl.slice(start + 1))
  return typeof digest === 'string'
    ? `${endpoint}?sha256=${digest}`
    : digest.then((text) => `${endpoint}?sha256=${text}`)
}
