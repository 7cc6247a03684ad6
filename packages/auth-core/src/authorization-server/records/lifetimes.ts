import { refuseUnknownOptions } from '../../options/unknown-options.js'

/** How long things live, in seconds. */
export interface Lifetimes {
  readonly accessToken: number
  readonly authorizationCode: number
  /** From sign-in to the end of the last refresh token: rotation does not extend it. */
  readonly refreshToken: number
  /** From the last use of a refresh token to its end, if nobody uses the one that came of it. */
  readonly refreshTokenIdle: number
  /** How long the user may take to answer the consent page. */
  readonly consent: number
  /**
   * From a dynamic registration to its first tokens. Clients register when their user is about to sign in; the day that
   * there is by default is for who is interrupted, and comes back with what the client has kept.
   */
  readonly unusedRegistration: number
  /**
   * The same while there are too many registrations (`briefRegistrations` of `memoryRateLimit`). Default: half an hour,
   * enough to sign in without an interruption.
   */
  readonly briefRegistration: number
  /** From its last tokens to the end of a dynamic registration. */
  readonly registration: number
  /**
   * How long a key signs, if the server makes its keys. The next one is published a day before it signs, and a key
   * until nothing that it signed is good any more.
   */
  readonly signingKey: number
}

const defaultLifetimes: Lifetimes = {
  accessToken: 3600,
  authorizationCode: 60,
  refreshToken: 30 * 24 * 3600,
  refreshTokenIdle: 30 * 24 * 3600,
  consent: 600,
  unusedRegistration: 24 * 3600,
  briefRegistration: 30 * 60,
  registration: 365 * 24 * 3600,
  signingKey: 90 * 24 * 3600,
}

/** RFC 6749 section 4.1.2 recommends ten minutes at most. */
const longestCodeLifetime = 600

/** @throws `TypeError`, naming the option. */
export function checkedLifetimes(given: Partial<Lifetimes>): Lifetimes {
  refuseUnknownOptions('OAuthProvider', given, defaultLifetimes, { path: 'lifetimes.' })
  const set = Object.entries(given).filter(([, seconds]) => seconds !== undefined)
  const lifetimes: Lifetimes = { ...defaultLifetimes, ...Object.fromEntries(set) }
  for (const [name, seconds] of Object.entries(lifetimes)) {
    if (!Number.isInteger(seconds) || seconds < 1) {
      throw new TypeError(`"lifetimes.${name}" must be a whole number of seconds, at least 1`)
    }
  }
  if (lifetimes.authorizationCode > longestCodeLifetime) {
    throw new TypeError(`"lifetimes.authorizationCode" must be at most ${longestCodeLifetime} seconds`)
  }
  return lifetimes
}
