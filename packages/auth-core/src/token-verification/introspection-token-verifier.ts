import type { CryptoKey, JWK } from 'jose'
import { SignJWT } from 'jose/jwt/sign'
import { importJWK } from 'jose/key/import'
import { AccessToken, type AccessTokenFields } from '../access-token.js'
import type { VerifyTokenOptions } from '../auth-provider.js'
import { type Clock, systemClock } from '../clock.js'
import { checkedUrl } from '../configuration-url.js'
import { randomToken } from '../crypto.js'
import { type EventListener, safeListener } from '../events.js'
import { type Fetch, fetchJson } from '../http/fetch-json.js'
import { unavailable } from '../oauth-error.js'
import { checkTimes, isAudience } from './jwt.js'
import { scopesOfClaims } from './jwt-scopes.js'
import { TokenVerifier, type TokenVerifierOptions } from './token-verifier.js'
import { VerifiedTokens } from './verified-tokens.js'

/** How this resource server proves who it is to the introspection endpoint. */
export type IntrospectionCredentials =
  | {
      /** Default: `client_secret_basic`. */
      readonly clientAuthMethod?: 'client_secret_basic' | 'client_secret_post' | undefined
      readonly clientSecret: string
    }
  | {
      readonly clientAuthMethod: 'private_key_jwt'
      /** The private key, with its `alg`. */
      readonly privateKey: JWK & { readonly alg: string }
      /** Who the assertion is for. Default: the endpoint's URL. Some servers want their issuer. */
      readonly assertionAudience?: string | undefined
    }

export type IntrospectionTokenVerifierOptions = TokenVerifierOptions &
  IntrospectionCredentials & {
    readonly introspectionUrl: string
    readonly clientId: string
    /** What `aud` must contain. Default: the resource that is asked for. */
    readonly audience?: string | readonly string[] | undefined
    /** What `iss` must be. Set it only if the endpoint answers it. */
    readonly issuer?: string | undefined
    /**
     * Accepts tokens for any audience, also tokens without one: the endpoint alone decides whether a token is meant
     * for this server.
     */
    readonly dangerouslyAllowAnyAudience?: boolean | undefined
    /** Accepts tokens for which the endpoint names no expiry. They are asked about again within a minute. */
    readonly allowMissingExp?: boolean | undefined
    /** Seconds for which a good answer is used again: a revocation may be noticed that late. Default: 0. */
    readonly cacheLifetime?: number | undefined
    /** Seconds until the endpoint counts as down. Default: 5. */
    readonly timeout?: number | undefined
    readonly clockTolerance?: number | undefined
    readonly fetch?: Fetch | undefined
    readonly now?: Clock | undefined
    readonly onEvent?: EventListener | undefined
  }

type Remembered = Omit<AccessTokenFields, 'token'> & { readonly usableUntil: number }

/** What is said to be the life of a token without an expiry, in seconds. */
const openEnded = 60

/**
 * Verifies tokens by asking their authorization server (RFC 7662). For opaque tokens, and for those whose revocation
 * must be noticed at once.
 *
 * Audience, expiry, `nbf` and `iss` are checked here, too, whatever the endpoint says. Does **not** check scopes: the
 * gate does. An endpoint that cannot be reached, or answers anything but 200, is an outage: `verifyToken` rejects.
 *
 * @see [RFC 7662 section 2](https://www.rfc-editor.org/rfc/rfc7662.html#section-2)
 */
export class IntrospectionTokenVerifier extends TokenVerifier {
  readonly #options: IntrospectionTokenVerifierOptions
  readonly #now: Clock
  readonly #emit: EventListener
  readonly #verified = new VerifiedTokens<Remembered>()
  readonly #pending = new Map<string, Promise<Remembered | null>>()

  constructor(options: IntrospectionTokenVerifierOptions) {
    super(options)
    checkedUrl('introspectionUrl', options.introspectionUrl, {
      allowInsecure: options.dangerouslyAllowInsecureUrls ?? false,
    })
    if (typeof options.clientId !== 'string' || options.clientId === '')
      throw new TypeError('"clientId" is missing')
    if (!((options.cacheLifetime ?? 0) >= 0))
      throw new TypeError('"cacheLifetime" must be a number of seconds')
    if (options.clientAuthMethod === 'private_key_jwt') {
      if (typeof options.privateKey?.alg !== 'string')
        throw new TypeError('"privateKey" must be a JWK with its "alg"')
    } else if (typeof options.clientSecret !== 'string' || options.clientSecret === '') {
      throw new TypeError('"clientSecret" is missing')
    }
    this.#options = options
    this.#now = options.now ?? systemClock
    this.#emit = safeListener(options.onEvent)
  }

  override async verifyToken(token: string, options: VerifyTokenOptions = {}): Promise<AccessToken | null> {
    const resource = options.resource ?? this.resourceUrl
    const known = this.recallToken(token, { resource })
    if (known !== undefined) return known
    // Requests with one token at one moment share one question.
    const key = `${token} ${resource ?? ''}`
    const pending =
      this.#pending.get(key) ?? this.#introspect(token, resource).finally(() => this.#pending.delete(key))
    this.#pending.set(key, pending)
    const fields = await pending
    return fields === null ? null : new AccessToken({ ...fields, token })
  }

  override recallToken(token: string, options: VerifyTokenOptions = {}): AccessToken | undefined {
    const known = this.#verified.find(token, options.resource ?? this.resourceUrl)
    return known === undefined || known.usableUntil <= this.#now()
      ? undefined
      : new AccessToken({ ...known, token })
  }

  async #introspect(token: string, resource: string | undefined): Promise<Remembered | null> {
    const answer = await this.#ask(token)
    // Only the boolean: "true" is what a server says that does not know the protocol.
    const rejected = answer['active'] === true ? this.#check(answer, resource) : 'inactive'
    const scopes = scopesOfClaims(answer)
    if (rejected !== undefined || scopes === undefined) {
      this.#emit({ type: 'token.rejected', reason: rejected ?? 'scope' })
      return null
    }
    const { client_id: client, sub: subject, exp } = answer
    const now = this.#now()
    const expiresAt = typeof exp === 'number' ? Math.floor(exp) : now + openEnded
    const clientId = typeof client === 'string' ? client : typeof subject === 'string' ? subject : 'unknown'
    const usableUntil = Math.min(expiresAt, now + (this.#options.cacheLifetime ?? 0))
    const fields = {
      usableUntil,
      clientId,
      scopes,
      expiresAt,
      resource,
      subject: typeof subject === 'string' ? subject : undefined,
      claims: answer,
    }
    if (usableUntil > now) this.#verified.remember(token, resource, fields)
    return fields
  }

  #check(answer: Record<string, unknown>, resource: string | undefined): string | undefined {
    const { audience, issuer, allowMissingExp = false, dangerouslyAllowAnyAudience = false } = this.#options
    const audiences = audience === undefined ? [resource ?? []].flat() : [audience].flat()
    if (issuer !== undefined && answer['iss'] !== issuer) return 'issuer'
    if (!dangerouslyAllowAnyAudience && !isAudience(answer['aud'], audiences)) return 'audience'
    // Refresh tokens are for the authorization server alone.
    if (answer['token_type'] === 'refresh_token') return 'type'
    const { exp = allowMissingExp ? Number.MAX_SAFE_INTEGER : undefined, nbf, iat } = answer
    return checkTimes({ exp, nbf, iat }, this.#now(), this.#options.clockTolerance ?? 30)
  }

  async #ask(token: string): Promise<Record<string, unknown>> {
    const { introspectionUrl, fetch, timeout } = this.#options
    try {
      const { headers, parameters } = await this.#credentials()
      const form = new URLSearchParams({ token, token_type_hint: 'access_token', ...parameters })
      const answer = await fetchJson(introspectionUrl, { fetch, timeout, form, headers })
      if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
        throw new Error(`${introspectionUrl} did not answer a JSON object`)
      }
      return answer as Record<string, unknown>
    } catch (cause) {
      this.#emit({ type: 'source.unavailable', source: 'introspection', cause })
      throw unavailable('introspection_unavailable', cause)
    }
  }

  async #credentials(): Promise<{ headers?: Record<string, string>; parameters?: Record<string, string> }> {
    const options = this.#options
    const { clientId } = options
    if (options.clientAuthMethod === 'private_key_jwt') {
      return {
        parameters: {
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: await signAssertion(clientId, options, this.#now()),
        },
      }
    }
    const { clientSecret } = options
    if (options.clientAuthMethod === 'client_secret_post') {
      return { parameters: { client_id: clientId, client_secret: clientSecret } }
    }
    return {
      headers: { authorization: `Basic ${btoa(`${formEncode(clientId)}:${formEncode(clientSecret)}`)}` },
    }
  }
}

/** @see [RFC 7523 section 3](https://www.rfc-editor.org/rfc/rfc7523.html#section-3) */
async function signAssertion(
  clientId: string,
  options: Extract<IntrospectionTokenVerifierOptions, { clientAuthMethod: 'private_key_jwt' }>,
  now: number,
): Promise<string> {
  const { privateKey, assertionAudience = options.introspectionUrl } = options
  const header = {
    alg: privateKey.alg,
    typ: 'JWT',
    ...(privateKey.kid === undefined ? {} : { kid: privateKey.kid }),
  }
  return new SignJWT({
    iss: clientId,
    sub: clientId,
    aud: assertionAudience,
    jti: randomToken(16),
    iat: now,
    exp: now + 60,
  })
    .setProtectedHeader(header)
    .sign((await importJWK(privateKey, privateKey.alg)) as CryptoKey)
}

/** Both halves of Basic credentials are form-encoded first (RFC 6749 section 2.3.1). */
function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}
