import type { EventListener } from '../../events/auth-event.js'
import { hintFor } from '../../events/failure-hints.js'
import type { HttpRequest } from '../../http/http-request.js'
import type { EndpointName } from '../../oauth/endpoint-names.js'
import { OAuthError } from '../../oauth/oauth-error.js'
import { isPromiseLike } from '../../runtime/promise-like.js'

/** What a rate limit is asked about: one moment of one request. */
export interface RateLimitedMoment {
  readonly endpoint: EndpointName
  /**
   * - `arrived`: the request is there, and nothing of it has been looked at.
   * - `checked`: a registration by anybody, in which nothing is wrong, would be stored next.
   * - `authenticated`: a client has proved who it is, or a user has signed in: what is counted now is counted for
   *   somebody, and nobody else can use it up. Of a registration, that it came with a good initial access token, and
   *   would be stored next.
   * - `proving`: an assertion (RFC 7523) is verified next, of a client that no user has allowed anything, or that is not
   *   there. Not told of clients that have something to lose.
   * - `failed`: a client has tried to prove who it is, and could not. Not for public clients, which prove nothing.
   */
  readonly stage: 'arrived' | 'checked' | 'authenticated' | 'proving' | 'failed'
  /**
   * The client. When it `failed`, these are somebody's own words, of any length: never let that be held against the
   * client, and never log it as it is.
   */
  readonly clientId?: string | undefined
  /**
   * Whether the operator configured the client: in `clients`, or as the application's `clientAuthenticator` says. Told of
   * clients that have proved who they are.
   */
  readonly isConfigured?: boolean | undefined
  /** The user who has signed in. */
  readonly subject?: string | undefined
  /**
   * Whether a page of another site has sent the user's browser here, as far as the browser says so (`Sec-Fetch-Site`).
   * Told of authorization requests that a user is signed in for. Such a page can open popups that authorize without end.
   */
  readonly isFromOtherSite?: boolean | undefined
  /** A digest that names that browser; `undefined` if it was shown no consent page yet. */
  readonly browser?: string | undefined
  /** Where the request came from, if the application tells it: see `clientAddress`. */
  readonly address?: string | undefined
}

/** Whether a request may go on, or in how many seconds it may come again. */
export type RateLimitAnswer =
  | {
      readonly allowed: true
      /**
       * Of a registration that would be stored next: whether it is kept for `lifetimes.briefRegistration` alone, until it
       * leads to tokens. Under a flood, that protects the store without refusing anybody. Default: false.
       */
      readonly brief?: boolean | undefined
    }
  | { readonly retryAfter: number }

/**
 * Counts requests, and says when there are too many: then they are answered 429, with `Retry-After`. Asked one to
 * four times in a request. If it throws, the request goes on: what counts requests must not stop the server.
 */
export type RateLimit = (moment: RateLimitedMoment) => RateLimitAnswer | Promise<RateLimitAnswer>

/**
 * Tells where a request came from, as far as that is known for sure.
 *
 * The address of the connection is right only if no proxy is in front: otherwise it is the proxy's, and all clients
 * share it. `X-Forwarded-For` is right only behind a proxy that overwrites it. So there is no default.
 *
 * @param native The framework's own request or context: with Express, `(request, req) => req.ip` once `trust proxy`
 * is set.
 */
export type ClientAddress<Native = unknown> = (request: HttpRequest, native: Native) => string | undefined

export interface RateLimitOptions<Native = unknown> {
  /**
   * Limits requests. Default: {@link memoryRateLimit}, in the memory of this process. `false` for none, for example
   * where a proxy does it.
   */
  readonly rateLimit?: RateLimit | false | undefined
  /** Where requests come from. Without it, nothing is limited by address. See {@link ClientAddress}. */
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

/** What anybody is asked to wait at most, in seconds: an application may answer `Infinity`. */
const longestWait = 24 * 3600

/**
 * Refuses the request that is being answered if there have been too many like it.
 *
 * `temporarily_unavailable`, because official clients take `server_error` during a refresh for a reason to ask the
 * user again.
 *
 * @param known The client for events, where `about` has only what somebody said.
 * @returns whether what is stored next is to be brief.
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
    throw new TypeError('rateLimit must answer { allowed: true } or { retryAfter: seconds }')
  } catch (cause) {
    emit({ type: 'source.unavailable', source: 'rate_limit', cause })
    return { brief: false }
  }
}
