import type { OptionTable } from '../../options/option-table.js'
import { option, withDefault } from '../../options/rows.js'

/** How long things live, in seconds. */
export interface Lifetimes {
  readonly accessToken: number
  readonly authorizationCode: number
  /** From sign-in to the end of the last refresh token: rotation does not extend it. */
  readonly refreshToken: number
  /** How long a refresh token that nobody uses is valid. */
  readonly refreshTokenIdle: number
  /** How long the user may take to answer the consent page. */
  readonly consent: number
  /**
   * How long a dynamic registration is kept without obtaining tokens. Default: a day, enough to finish an interrupted
   * sign-in.
   */
  readonly unusedRegistration: number
  /**
   * The same for registrations beyond the limit (`briefRegistrations` of `memoryRateLimit`). Default: half an hour,
   * enough for an uninterrupted sign-in.
   */
  readonly briefRegistration: number
  /** How long a dynamic registration is kept after it last obtained tokens. */
  readonly registration: number
  /**
   * How long a key signs, if the server makes its keys. A key is published from a day before its first signature until
   * its last token has expired.
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
