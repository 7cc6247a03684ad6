/**
 * The scopes of a token's claims: `scope` as a string (RFC 9068 section 2.2.3) or a list, otherwise `scp`, which
 * some identity providers send instead. `undefined` if the claim is neither: then the token is not understood.
 */
export function scopesOfClaims(claims: Readonly<Record<string, unknown>>): string[] | undefined {
  const scope = claims['scope'] ?? claims['scp'] ?? []
  if (typeof scope === 'string') return scope.split(' ').filter((one) => one !== '')
  if (Array.isArray(scope) && scope.every((one) => typeof one === 'string')) return scope
  return undefined
}
