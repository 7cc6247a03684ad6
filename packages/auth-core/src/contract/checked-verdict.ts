import { nearestName } from '../options/nearest-name.js'
import { type AccessToken, accessTokenFields } from './access-token.js'

/** Whether a value has the shape of an access token, which JavaScript code may not return. */
export function looksLikeAccessToken(value: Pick<AccessToken, 'scopes'> | null | undefined): boolean {
  return typeof value === 'object' && Array.isArray(value?.scopes)
}

/**
 * Checks what `verifyToken` returned, because verifiers may be written in JavaScript and forget a `return`.
 *
 * @throws `TypeError` for anything but an access token or `null`, and if `expiresAt` is not a time in seconds.
 */
export function checkedVerdict<Claims extends object>(
  answer: AccessToken<Claims> | null,
): AccessToken<Claims> | null {
  if (answer !== null && !looksLikeAccessToken(answer))
    throw new TypeError('verifyToken must return an AccessToken or null.')
  checkExpiry(answer?.expiresAt)
  if (answer !== null && answer.expiresAt === undefined) refuseMisspeltExpiry(answer)
  return answer
}

/** A misspelled `expiresAt` would be ignored, and the token would never expire. Other unknown members are harmless. */
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

/** The year 33658 in seconds, or 2001 in milliseconds. */
const firstMilliseconds = 1e12

/** Whether a time is in milliseconds, where seconds since the epoch are expected. */
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
      'verifyToken: "expiresAt" must be in seconds since the epoch, but is in milliseconds. Divide it by 1000.',
    )
  }
}
