/**
 * Requests with one token share its claims, so no handler may change them. Objects and lists are frozen; what has a
 * class (a `Date`, bytes, an object of the application) is left as it is.
 */
export function freezeClaims<T extends object>(claims: T): T {
  if (Object.isFrozen(claims)) return claims
  Object.freeze(claims)
  for (const name in claims) {
    const member = claims[name]
    if (isData(member)) freezeClaims(member)
  }
  return claims
}

function isData(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Array.isArray(value)
}
