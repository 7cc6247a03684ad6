import { ignoreRejection } from '../runtime/promise-like.js'
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

/**
 * Whether a granted scope includes a required one, where scopes have a hierarchy: `admin` may include `notes:read`. It
 * answers at once, with `true` or `false`; for anything else, the request is answered like in an outage.
 */
export type ImpliesScope = (granted: string, required: string) => boolean

/**
 * Whether every required scope was granted, or is included in one that was. Scopes are compared as strings: by itself,
 * `notes` does not include `notes:read`.
 *
 * @throws what `implies` throws, and `TypeError` if it does not answer `true` or `false`.
 */
export function hasScopes(
  granted: readonly string[],
  required: readonly string[],
  implies?: ImpliesScope | undefined,
): boolean {
  for (const scope of required) {
    if (granted.includes(scope)) continue
    if (implies === undefined || !granted.some((one) => isImplied(implies, one, scope))) return false
  }
  return true
}

/** Only a verdict: the promise of an async function would be true of every token. */
function isImplied(implies: ImpliesScope, granted: string, required: string): boolean {
  const answer: unknown = implies(granted, required)
  if (typeof answer === 'boolean') return answer
  ignoreRejection(answer)
  throw new TypeError('impliesScope must answer true or false, and no promise')
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
