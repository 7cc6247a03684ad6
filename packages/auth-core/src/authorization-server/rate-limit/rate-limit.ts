import type { EventListener } from '../../events/auth-event.js'
import { hintFor } from '../../events/failure-hints.js'
import type { HttpRequest } from '../../http/http-request.js'
import type { EndpointName } from '../../oauth/endpoint-names.js'
import { OAuthError } from '../../oauth/oauth-error.js'
import { isPromiseLike } from '../../runtime/promise-like.js'

/** One moment of one request, for a rate limit to decide on. */
export interface RateLimitedMoment {
  readonly endpoint: EndpointName
  /**
   * - `arrived`: the request has arrived, and nothing has been read.
   * - `checked`: a valid registration without an initial access token would be stored next.
   * - `authenticated`: a client has proved who it is, or a user has signed in. Nobody else can use up what is counted for
   *   them. A registration has come with a valid initial access token, and would be stored next.
   * - `proving`: the assertion (RFC 7523) of an unapproved or unknown client would be verified next. Approved clients are
   *   never limited here.
   * - `failed`: a client could not prove who it is. Not for public clients, which prove nothing.
   */
  readonly stage: 'arrived' | 'checked' | 'authenticated' | 'proving' | 'failed'
  /**
   * The client. At the stage `failed`, this is unverified text of any length: do not count it against the client in other
   * stages, and do not log it unescaped.
   */
  readonly clientId?: string | undefined
  /**
   * Whether the operator configured the client: in `clients`, or according to the application's `clientAuthenticator`. Only
   * for authenticated clients.
   */
  readonly isConfigured?: boolean | undefined
  /** The user who has signed in. */
  readonly subject?: string | undefined
  /**
   * Whether a page of another site has sent the browser here, according to the browser (`Sec-Fetch-Site`). Only for
   * authorization requests of a signed-in user. Such a page can open popups that authorize without end.
   */
  readonly isFromOtherSite?: boolean | undefined
  /** A digest that identifies the browser; `undefined` if it has not been shown a consent page yet. */
  readonly browser?: string | undefined
  /** Where the request came from, if `clientAddress` is set. */
  readonly address?: string | undefined
}

/** Whether a request may continue, or in how many seconds it may be sent again. */
export type RateLimitAnswer =
  | {
      readonly allowed: true
      /**
       * For a registration: whether it is stored for `lifetimes.briefRegistration` only, until it obtains tokens. Under a
       * flood, that protects the store without refusing anyone. Default: false.
       */
      readonly brief?: boolean | undefined
    }
  | { readonly retryAfter: number }

/**
 * Counts requests, and decides when there are too many: those get 429 with `Retry-After`. Called one to four times per
 * request. If it throws, the request continues: a rate limit must not stop the server.
 */
export type RateLimit = (moment: RateLimitedMoment) => RateLimitAnswer | Promise<RateLimitAnswer>

/**
 * Returns the address that a request came from, if it is known for certain.
 *
 * The address of the connection is right only without a proxy: otherwise it is the proxy's, and all clients share it.
 * `X-Forwarded-For` is right only behind a proxy that overwrites it. So there is no default.
 *
 * @param native The framework's own request or context: with Express, `(request, req) => req.ip` once `trust proxy`
 * is set.
 */
export type ClientAddress<Native = unknown> = (request: HttpRequest, native: Native) => string | undefined

export interface RateLimitOptions<Native = unknown> {
  /**
   * Limits requests. Default: {@link memoryRateLimit}, in the memory of this process. `false` for none, for example if a
   * proxy limits requests.
   */
  readonly rateLimit?: RateLimit | false | undefined
  /** Returns where a request comes from. Without it, there are no limits by address. See {@link ClientAddress}. */
  readonly clientAddress?: ClientAddress<Native> | undefined
}

/** A request that a rate limit may refuse. A `ServerCall` is one. */
export interface LimitedCall {
  readonly rateLimit: RateLimit | undefined
  /** `undefined` for a request that came to no endpoint of this server: it has no limits. */
  readonly endpoint: EndpointName | undefined
  readonly address: string | undefined
  readonly emit: EventListener
}

/** The longest `Retry-After`, in seconds: an application may return `Infinity`. */
const longestWait = 24 * 3600

/**
 * Refuses a request if there have been too many like it.
 *
 * The code is `temporarily_unavailable`, because official clients ask the user again after a `server_error` in a refresh.
 *
 * @param known The client for events, if the one in `about` is unverified.
 * @returns whether a registration is stored briefly.
 * @throws `temporarily_unavailable` with 429 and `Retry-After`.
 */
export async function enforceRateLimit(
  call: LimitedCall,
  about: Omit<RateLimitedMoment, 'endpoint' | 'address'>,
  known: Pick<RateLimitedMoment, 'clientId'> = about,
): Promise<{ readonly brief: boolean }> {
  const { rateLimit, endpoint, address, emit } = call
  if (rateLimit === undefined || endpoint === undefined) return { brief: false }
  const moment = { endpoint, address, ...about }
  const answer = await ask(emit, rateLimit, moment)
  if ('brief' in answer) return answer
  const { retryAfter } = answer
  const { stage, subject } = about
  const { clientId } = known
  const hint = hintFor('rate_limited')
  emit({ type: 'request.limited', endpoint, stage, clientId, subject, address, retryAfter, hint })
  throw new OAuthError('temporarily_unavailable', 'There were too many requests. Try again later.', {
    status: 429,
    retryAfter,
    reason: 'rate_limited',
    clientId,
  })
}

async function ask(
  emit: EventListener,
  rateLimit: RateLimit,
  moment: RateLimitedMoment,
): Promise<{ readonly brief: boolean } | { readonly retryAfter: number }> {
  try {
    const pending = rateLimit(moment)
    const answer = isPromiseLike(pending) ? await pending : pending
    if ('allowed' in answer && answer.allowed === true) return { brief: answer.brief === true }
    if ('retryAfter' in answer && answer.retryAfter > 0) {
      return { retryAfter: Math.min(Math.ceil(answer.retryAfter), longestWait) }
    }
    throw new TypeError('rateLimit must return { allowed: true } or { retryAfter: seconds }')
  } catch (cause) {
    emit({ type: 'source.unavailable', source: 'rate_limit', cause })
    return { brief: false }
  }
}
