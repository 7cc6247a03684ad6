/** By the object: a copy that an application makes of an access token has the expiry that it shows. */
const presumed = new WeakSet<object>()

/**
 * Notes that nobody has named the expiry of an access token: its `expiresAt` is the time up to which the answer about it is
 * used, because the SDKs refuse tokens without one.
 *
 * @returns The same object.
 */
export function presumeExpiry<Token extends object>(accessToken: Token): Token {
  presumed.add(accessToken)
  return accessToken
}

/** Whether `expiresAt` is when to ask again, and not when the token ends. */
export function isExpiryPresumed(accessToken: object): boolean {
  return presumed.has(accessToken)
}
