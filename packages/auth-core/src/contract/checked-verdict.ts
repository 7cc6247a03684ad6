import { nearestName } from '../options/nearest-name.js'
import { type AccessToken, accessTokenFields } from './access-token.js'

/** Whether something that was written in JavaScript has answered a token, as its type says, and nothing else. */
export function looksLikeAccessToken(value: Pick<AccessToken, 'scopes'> | null | undefined): boolean {
  return typeof value === 'object' && Array.isArray(value?.scopes)
}

/**
 * What `verifyToken` has answered. Applications write verifiers in JavaScript, too: a forgotten `return` is not a verdict.
 *
 * @throws `TypeError` for anything but an access token or `null`, and for an expiry that is no time in seconds: nobody
 * could tell when such a token ends.
 */
export function checkedVerdict<Claims extends object>(
  answer: AccessToken<Claims> | null,
): AccessToken<Claims> | null {
  if (answer !== null && !looksLikeAccessToken(answer))
    throw new TypeError('verifyToken must answer an AccessToken or null')
  checkExpiry(answer?.expiresAt)
  if (answer !== null && answer.expiresAt === undefined) refuseMisspeltExpiry(answer)
  return answer
}

/** A plain object may have other members. One that means the expiry would be ignored, and the token would not end. */
function refuseMisspeltExpiry(answer: object): void {
  const written = Object.keys(answer).find(
    (name) => !memberNames.has(name) && nearestName(name, [...memberNames]) === 'expiresAt',
  )
  if (written !== undefined)
    throw new TypeError(
      `verifyToken: "${written}" is not a member of an AccessToken. Did you mean "expiresAt"?`,
    )
}

const memberNames: ReadonlySet<string> = new Set([...Object.keys(accessTokenFields), 'extra'])

/** In seconds, this is in the year 33658; in milliseconds, it was in 2001. */
const firstMilliseconds = 1e12

/** Whether something is a time in milliseconds, where seconds since the epoch are expected. */
export function isInMilliseconds(time: unknown): boolean {
  return typeof time === 'number' && time >= firstMilliseconds
}

function checkExpiry(expiresAt: unknown): void {
  if (expiresAt === undefined) return
  if (typeof expiresAt !== 'number' || Number.isNaN(expiresAt)) {
    throw new TypeError(
      'verifyToken: "expiresAt" must be a number of seconds since the epoch. Leave it out if the token does not expire.',
    )
  }
  if (isInMilliseconds(expiresAt)) {
    throw new TypeError(
      'verifyToken: "expiresAt" must be in seconds since the epoch, and is in milliseconds. Divide it by 1000.',
    )
  }
}
