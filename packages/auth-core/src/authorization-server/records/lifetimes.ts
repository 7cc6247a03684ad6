import type { OptionTable } from '../../options/option-table.js'
import { option, withDefault } from '../../options/rows.js'

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

/** RFC 6749 section 4.1.2 recommends ten minutes at most. */
const longestCodeLifetime = 600

export function lifetimesTable() {
  return {
    accessToken: lifetime(3600),
    authorizationCode: lifetime(60, longestCodeLifetime),
    refreshToken: lifetime(30 * 24 * 3600),
    refreshTokenIdle: lifetime(30 * 24 * 3600),
    consent: lifetime(600),
    unusedRegistration: lifetime(24 * 3600),
    briefRegistration: lifetime(30 * 60),
    registration: lifetime(365 * 24 * 3600),
    signingKey: lifetime(90 * 24 * 3600),
  } satisfies OptionTable<Lifetimes>
}

function lifetime(standard: number, longest = Number.POSITIVE_INFINITY) {
  const range = longest === Number.POSITIVE_INFINITY ? 'at least 1' : `1 to ${longest}`
  const isValid = (value: unknown) =>
    Number.isInteger(value) && Number(value) >= 1 && Number(value) <= longest
  return withDefault(option(`be a whole number of seconds, ${range}`, isValid), standard)
}
