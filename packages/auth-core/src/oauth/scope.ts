import type { Option } from '../options/option-table.js'
import { option } from '../options/rows.js'
import { ignoreRejection } from '../runtime/promise-like.js'
import { OAuthError } from './oauth-error.js'

/** `scope-token` of RFC 6749 section 3.3: printable ASCII without space, `"` and `\`. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/**
 * Splits a `scope` parameter into scopes, without duplicates.
 *
 * @throws `invalid_scope` if a scope contains characters that RFC 6749 does not allow.
 */
export function parseScope(scope: string | undefined): string[] {
  const scopes = [...new Set((scope ?? '').split(' ').filter((one) => one !== ''))]
  if (!scopes.every((one) => scopeToken.test(one))) {
    throw new OAuthError('invalid_scope', 'The scope contains characters that are not allowed.')
  }
  return scopes
}

/**
 * Whether a granted scope includes a required one: `admin` may include `notes:read`. It must return `true` or `false`
 * synchronously; any other result is treated as an outage (503).
 */
export type ImpliesScope = (granted: string, required: string) => boolean

/**
 * Whether each required scope is granted, or included in a granted one. Scopes are compared as strings: without
 * `implies`, `notes` does not include `notes:read`.
 *
 * @throws the errors of `implies`, and `TypeError` if it does not return `true` or `false`.
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

/** Accepts only booleans: the promise of an async function would be truthy for every token. */
function isImplied(implies: ImpliesScope, granted: string, required: string): boolean {
  const answer: unknown = implies(granted, required)
  if (typeof answer === 'boolean') return answer
  ignoreRejection(answer)
  throw new TypeError('impliesScope must return true or false, not a promise.')
}

/**
 * The scopes that challenges and resource metadata may name. `offline_access` concerns only the client and the
 * authorization server: no resource needs it (SEP-2207).
 */
export function publishableScopes(scopes: readonly string[]): string[] {
  return scopes.filter((scope) => scope !== 'offline_access')
}

/** The option of a table that is a list of scopes. */
export function scopeList(): Option<never> {
  return option('be a list of scopes without spaces and quotes', isScopeList)
}

function isScopeList(value: unknown): boolean {
  return Array.isArray(value) && value.every((scope) => typeof scope === 'string' && scopeToken.test(scope))
}
