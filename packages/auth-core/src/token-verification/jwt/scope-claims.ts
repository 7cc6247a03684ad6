/**
 * The scopes of a token: `scope` as text (RFC 9068 section 2.2.3) or a list, otherwise `scp`, which some identity providers
 * use. `undefined` if the claim is neither text nor a list of texts: the token is then invalid.
 */
export function scopesOfClaims({ scope, scp }: Readonly<Record<string, unknown>>): string[] | undefined {
  return scopesOf(scope ?? scp)
}

/** The scopes of one claim: an empty list without it, `undefined` if it is neither text nor a list of texts. */
export function scopesOf(value: unknown): string[] | undefined {
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return value.split(' ').filter((one) => one !== '')
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? [...value] : undefined
}
