/** What servers call the tokens that are for themselves or for the client, and never for a resource. */
const foreignType = /^(?:refresh|offline|id|logout)(?:[ _-]?token)?$/i

/**
 * Whether a server says of a token that it is none for a resource: in an introspection answer, or in the claims of a
 * JWT whose header says nothing. `token_use` and `typ` are where servers say it that put `Bearer` into `token_type`.
 */
export function hasForeignType(claims: Readonly<Record<string, unknown>>): boolean {
  return [claims['token_type'], claims['token_use'], claims['typ']].some(
    (type) => typeof type === 'string' && foreignType.test(type),
  )
}
