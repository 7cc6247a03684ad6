/**
 * Freezes the claims of a token, because all requests with the token share them. Freezes plain objects and lists. Does
 * **not** freeze instances of classes, such as a `Date`, bytes or objects of the application.
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
