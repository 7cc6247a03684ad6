import { checkedOptions, type OptionTable } from '../../options/option-table.js'
import {
  anyFunction,
  membersOrFalse,
  option,
  required,
  wholeNumber,
  withDefault,
} from '../../options/rows.js'
import { type Clock, systemClock } from '../../runtime/clock.js'
import { addressGroup, type NetworkBits } from './address-group.js'
import type { RateLimit, RateLimitedMoment } from './rate-limit.js'
import { TokenBuckets } from './token-buckets.js'

/** How many requests may come at once, and how many a minute after that. */
export interface Limit {
  readonly burst: number
  readonly perMinute: number
}

/** The limits of `memoryRateLimit`. `false` for no limit. */
export interface MemoryRateLimits {
  /**
   * Registrations that are stored for `lifetimes.unusedRegistration`. Those with an initial access token are counted
   * separately. Default: 1000, and 20 a minute.
   */
  readonly registrations?: Limit | false | undefined
  /**
   * Registrations beyond `registrations`, which are stored for `lifetimes.briefRegistration`: long enough for a user who is
   * about to sign in. `false` refuses them. Default: 1000, and 1500 a minute.
   */
  readonly briefRegistrations?: Limit | false | undefined
  /**
   * Registrations from one address, valid or not. For IPv6, from one /56, the network of a home. Default: 30, and 6 a
   * minute.
   */
  readonly registrationsPerAddress?: Limit | false | undefined
  /**
   * The same from one IPv6 /48, which may belong to one customer. Default: 120, and 12 a minute.
   */
  readonly registrationsPerNetwork?: Limit | false | undefined
  /** Authorization requests and answers to consent pages from one address. Default: 300, and 120 a minute. */
  readonly pagesPerAddress?: Limit | false | undefined
  /**
   * Token and revocation requests from one address. Not introspection: a resource server sends it for all of its users, and
   * would turn a 429 into an outage. Default: 1200, and 1200 a minute.
   */
  readonly clientRequestsPerAddress?: Limit | false | undefined
  /** Requests of one authenticated client. Default: no limit. */
  readonly requestsPerClient?: Limit | false | undefined
  /**
   * The same for clients that are not in `clients`: each of their assertions is stored until it expires. Raise it if one
   * client with a secret or keys serves more users. Default: 1200, and 1200 a minute.
   */
  readonly requestsPerUnconfiguredClient?: Limit | false | undefined
  /**
   * Assertions of clients that no user has approved yet: from one address if that is known, otherwise from all together.
   * Such a client has no tokens to lose. With `dangerouslyAllowClientCredentialsForAnyone`, this limits the first request
   * of a client. Default: 300, and 300 a minute.
   */
  readonly assertionsOfUnapproved?: Limit | false | undefined
  /**
   * Authorization requests of one signed-in user: each may be stored for `lifetimes.consent`. Default: 200, and 30 a
   * minute.
   */
  readonly authorizationsPerUser?: Limit | false | undefined
  /**
   * Authorization requests of a user that pages of other sites start in one browser, such as popups. Keep it well below
   * `authorizationsPerUser`: requests that are refused here are not counted there, so a malicious page cannot use up the
   * user's limit. Default: 50, and 10 a minute.
   */
  readonly authorizationsPerBrowser?: Limit | false | undefined
  /** Wrong secrets and assertions for one client. Default: 100, and 30 a minute. */
  readonly failuresPerClient?: Limit | false | undefined
  /** Wrong secrets and assertions from one address. Default: 100, and 60 a minute. */
  readonly failuresPerAddress?: Limit | false | undefined
}

export interface MemoryRateLimitOptions extends MemoryRateLimits {
  /** How many clients, users or addresses each limit remembers: those used most recently. Default: 10000. */
  readonly remembered?: number | undefined
  readonly now?: Clock | undefined
}

interface Rule {
  readonly limit: Limit | false
  /** The key that a moment is counted for. `undefined` if the rule does not apply to it. */
  readonly keyOf: (moment: RateLimitedMoment) => string | undefined
  /** The rule that counts registrations beyond this one. They are stored briefly. */
  readonly overflow?: keyof MemoryRateLimits
}

/** The address of a moment. For IPv6, its network with a prefix of `bits`. */
function from({ address }: RateLimitedMoment, bits: NetworkBits): string | undefined {
  return address === undefined ? undefined : addressGroup(address, bits)
}

/**
 * No rule stops a client or a user because of what others do in their name. Anyone can send an authorization request of a
 * public client, or a wrong secret of a confidential one. So requests are counted for a client only after it has proved who
 * it is, and failures limit only further failures. The right secret always passes: its 256 bits cannot be guessed.
 */
export const rules: Readonly<Record<keyof MemoryRateLimits, Rule>> = {
  registrations: {
    limit: { burst: 1000, perMinute: 20 },
    // Not at arrival: invalid requests must not use up the limit of valid ones.
    keyOf: ({ stage, endpoint }) =>
      (stage === 'checked' || stage === 'authenticated') && endpoint === 'register' ? stage : undefined,
    overflow: 'briefRegistrations',
  },
  // The short lifetime protects the store, so that a flood need not refuse anyone.
  briefRegistrations: { limit: { burst: 1000, perMinute: 1500 }, keyOf: () => undefined },
  registrationsPerAddress: {
    limit: { burst: 30, perMinute: 6 },
    keyOf: (moment) =>
      moment.stage === 'arrived' && moment.endpoint === 'register' ? from(moment, 56) : undefined,
  },
  registrationsPerNetwork: {
    limit: { burst: 120, perMinute: 12 },
    keyOf: (moment) => {
      const { stage, endpoint, address = '' } = moment
      // Neighboring IPv4 addresses are unrelated.
      return stage === 'arrived' && endpoint === 'register' && address.includes(':')
        ? from(moment, 48)
        : undefined
    },
  },
  pagesPerAddress: {
    limit: { burst: 300, perMinute: 120 },
    keyOf: (moment) =>
      moment.stage === 'arrived' && (moment.endpoint === 'authorize' || moment.endpoint === 'consent')
        ? from(moment, 64)
        : undefined,
  },
  clientRequestsPerAddress: {
    limit: { burst: 1200, perMinute: 1200 },
    keyOf: (moment) =>
      moment.stage === 'arrived' && (moment.endpoint === 'token' || moment.endpoint === 'revoke')
        ? from(moment, 64)
        : undefined,
  },
  requestsPerClient: {
    limit: false,
    keyOf: ({ stage, endpoint, clientId }) =>
      stage === 'authenticated' && endpoint !== 'authorize' ? clientId : undefined,
  },
  requestsPerUnconfiguredClient: {
    limit: { burst: 1200, perMinute: 1200 },
    keyOf: ({ stage, endpoint, clientId, isConfigured }) =>
      stage === 'authenticated' && endpoint !== 'authorize' && isConfigured === false ? clientId : undefined,
  },
  assertionsOfUnapproved: {
    limit: { burst: 300, perMinute: 300 },
    keyOf: (moment) => (moment.stage === 'proving' ? (from(moment, 64) ?? '') : undefined),
  },
  authorizationsPerUser: {
    limit: { burst: 200, perMinute: 30 },
    keyOf: ({ stage, subject }) => (stage === 'authenticated' ? subject : undefined),
  },
  authorizationsPerBrowser: {
    limit: { burst: 50, perMinute: 10 },
    // Browsers without the cookie count as one: a popup may continue before it has the cookie.
    keyOf: ({ stage, subject, isFromOtherSite, browser = '' }) =>
      stage === 'authenticated' && subject !== undefined && isFromOtherSite === true
        ? `${browser} ${subject}`
        : undefined,
  },
  failuresPerClient: {
    limit: { burst: 100, perMinute: 30 },
    keyOf: ({ stage, clientId }) => (stage === 'failed' ? clientId : undefined),
  },
  failuresPerAddress: {
    limit: { burst: 100, perMinute: 60 },
    keyOf: (moment) => (moment.stage === 'failed' ? from(moment, 64) : undefined),
  },
}

/**
 * Limits requests in the memory of this process, with token buckets: constant time, bounded memory. Each process counts
 * separately.
 *
 * @throws `TypeError`, naming the limit.
 *
 * @example
 * ```ts
 * import { memoryRateLimit, OAuthProvider } from '@tollgate/auth-core'
 * import { options } from './your-options.js'
 *
 * export const auth = new OAuthProvider({
 *   ...options,
 *   rateLimit: memoryRateLimit({
 *     registrations: { burst: 100, perMinute: 10 },
 *     requestsPerClient: { burst: 600, perMinute: 600 },
 *   }),
 * })
 * ```
 */
export function memoryRateLimit(options: MemoryRateLimitOptions = {}): RateLimit {
  const { remembered, now, ...limits } = checkedOptions(
    'memoryRateLimit',
    options,
    memoryRateLimitOptionTable(),
  )
  const bucketsOf = new Map<string, TokenBuckets>()
  for (const [name, limit] of Object.entries(limits))
    if (limit !== false) bucketsOf.set(name, new TokenBuckets(limit, remembered))
  const counted = Object.entries(rules).flatMap(([name, { keyOf, overflow = '' }]) => {
    const buckets = bucketsOf.get(name)
    return buckets === undefined ? [] : [{ keyOf, buckets, overflow: bucketsOf.get(overflow) }]
  })

  return function memoryRateLimit(moment) {
    const concerned: [TokenBuckets, string][] = []
    const time = now()
    let retryAfter = 0
    let brief = false
    for (const { keyOf, buckets, overflow } of counted) {
      const key = keyOf(moment)
      if (key === undefined) continue
      const wait = buckets.secondsToWait(key, time)
      if (wait === 0 || overflow === undefined) {
        concerned.push([buckets, key])
        retryAfter = Math.max(retryAfter, wait)
      } else {
        brief = true
        concerned.push([overflow, key])
        const overflowWait = overflow.secondsToWait(key, time)
        if (overflowWait > 0) retryAfter = Math.max(retryAfter, Math.min(wait, overflowWait))
      }
    }
    // All or none: a request that one limit refuses must not use up another, which may be shared.
    if (retryAfter > 0) return { retryAfter }
    for (const [buckets, key] of concerned) buckets.take(key, time)
    return brief ? { allowed: true, brief } : { allowed: true }
  }
}

/** The names of the limits are those of the rules. */
export function memoryRateLimitOptionTable() {
  return {
    ...mapRules(({ limit }) => withDefault<Limit | false>(membersOrFalse(limitTable()), limit)),
    remembered: withDefault(wholeNumber({ least: 1 }), 10_000),
    now: withDefault(anyFunction(), systemClock),
  } satisfies OptionTable<MemoryRateLimitOptions>
}

function limitTable() {
  return {
    burst: required(option('be a number, at least 1', (value) => typeof value === 'number' && value >= 1)),
    perMinute: required(
      option('be a number, more than 0', (value) => typeof value === 'number' && value > 0),
    ),
  } satisfies OptionTable<Limit>
}

function mapRules<Value>(value: (rule: Rule) => Value): Record<keyof MemoryRateLimits, Value> {
  const entries = Object.entries(rules).map(([name, rule]) => [name, value(rule)])
  return Object.fromEntries(entries) as Record<keyof MemoryRateLimits, Value>
}
