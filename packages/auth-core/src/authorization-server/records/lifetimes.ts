import type { OptionTable } from '../../options/option-table.js'
import { option, withDefault } from '../../options/rows.js'

/** How long tokens, codes, registrations and keys live, in seconds. */
export interface Lifetimes {
  /** From the issue of an access token to its expiry. Default: an hour. */
  readonly accessToken: number
  /** From consent to the redemption of the code. At most 600. Default: a minute. */
  readonly authorizationCode: number
  /** From sign-in to the expiry of the last refresh token. Rotation does not extend it. Default: 30 days. */
  readonly refreshToken: number
  /** From a refresh to the expiry of the new refresh token, if it is not used. Default: 30 days. */
  readonly refreshTokenIdle: number
  /** For the user to answer the consent page. Default: ten minutes. */
  readonly consent: number
  /** From a dynamic registration to its first tokens. Default: a day, enough to finish an interrupted sign-in. */
  readonly unusedRegistration: number
  /**
   * The same while there are too many registrations (`briefRegistrations` of `memoryRateLimit`). Default: half an hour,
   * enough for a sign-in without interruption.
   */
  readonly briefRegistration: number
  /** From the last tokens of a registered client to the deletion of its registration. Default: a year. */
  readonly registration: number
  /**
   * How long a generated key signs. It is published from a day before that until its last token has expired.
   * Default: 90 days.
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
