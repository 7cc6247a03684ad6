/** Keyed by the object: a copy that an application makes is a token with the expiry that it shows. */
const presumed = new WeakSet<object>()

/**
 * Marks an access token whose issuer did not state an expiry. The SDKs refuse tokens without one, so its `expiresAt` is
 * the time until which the introspection response is used.
 *
 * @returns The same object.
 */
export function presumeExpiry<Token extends object>(accessToken: Token): Token {
  presumed.add(accessToken)
  return accessToken
}

/** Whether `expiresAt` is the time to ask again, not the time at which the token expires. */
export function isExpiryPresumed(accessToken: object): boolean {
  return presumed.has(accessToken)
}
