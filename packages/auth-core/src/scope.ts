import { OAuthError } from './oauth-error.js'

/** `scope-token` of RFC 6749 section 3.3: printable ASCII without space, `"` and `\`. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/**
 * The scopes of a `scope` parameter, without repeats.
 *
 * @throws `invalid_scope` for characters that a scope cannot have.
 */
export function parseScope(scope: string | undefined): string[] {
  const scopes = [...new Set((scope ?? '').split(' ').filter((one) => one !== ''))]
  if (!scopes.every((one) => scopeToken.test(one))) {
    throw new OAuthError('invalid_scope', 'The scope contains characters that are not allowed.')
  }
  return scopes
}

/** Whether a granted scope includes a required one, where scopes have a hierarchy: `admin` may include `notes:read`. */
export type ImpliesScope = (granted: string, required: string) => boolean

/**
 * Whether every required scope was granted, or is included in one that was. Scopes are compared as strings: by itself,
 * `notes` does not include `notes:read`.
 */
export function hasScopes(
  granted: readonly string[],
  required: readonly string[],
  implies?: ImpliesScope | undefined,
): boolean {
  for (const scope of required) {
    if (granted.includes(scope)) continue
    if (implies === undefined || !granted.some((one) => implies(one, scope))) return false
  }
  return true
}

/**
 * What may be published in challenges and resource metadata. `offline_access` is between the client and the
 * authorization server: a resource never needs it (SEP-2207).
 */
export function publishableScopes(scopes: readonly string[]): string[] {
  return scopes.filter((scope) => scope !== 'offline_access')
}

/** @throws `TypeError`, naming the option, if a configured scope is not one. */
export function checkedScopes(option: string, scopes: readonly string[] | undefined): readonly string[] {
  if (scopes === undefined) return []
  if (
    !Array.isArray(scopes) ||
    !scopes.every((scope) => typeof scope === 'string' && scopeToken.test(scope))
  ) {
    throw new TypeError(`"${option}" must be a list of scopes, each without spaces and quotes`)
  }
  return Object.freeze([...new Set(scopes)])
}
