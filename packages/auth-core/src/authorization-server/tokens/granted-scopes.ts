import { OAuthError } from '../../oauth/oauth-error.js'
import { hasScopes, parseScope } from '../../oauth/scope.js'
import type { OAuthClient } from '../clients/client.js'

/** The scopes that a client may request. */
export interface ScopePolicy {
  /** The scopes of the server. Other scopes in a request are left out. */
  readonly known: readonly string[]
  /** The known scopes that the client may get. */
  readonly supported: readonly string[]
  /** The scopes that a request without a known scope means. */
  readonly defaults: readonly string[]
}

/** The scopes of the server, and the clients that have a limit. An `AuthorizationServer` has them. */
export interface SupportedScopes {
  readonly scopesSupported: readonly string[]
  readonly defaultScopes: readonly string[]
  readonly staticClients: { has(clientId: string): boolean }
}

/** Returns the scopes that a client may request. Configured scopes are a limit, registered ones are defaults. */
export function scopePolicyOf(server: SupportedScopes, client: OAuthClient): ScopePolicy {
  const known = server.scopesSupported
  const registered = client.scope?.split(' ')
  const limit = server.staticClients.has(client.client_id) ? registered : undefined
  if (limit !== undefined) return { known, supported: limit, defaults: limit }
  const ownDefaults = registered?.filter((scope) => known.includes(scope)) ?? []
  return { known, supported: known, defaults: ownDefaults.length > 0 ? ownDefaults : server.defaultScopes }
}

/**
 * Returns the scopes that an authorization request may be granted, without unknown ones. Many clients ask for `openid` or
 * `offline_access`, so a request with unknown scopes alone means the default scopes. A scope that consists of spaces
 * requests no scope. `resumeUrl` has one for a request without scopes.
 *
 * @throws `invalid_scope` if the request has known scopes, and the client may have none of them.
 * @see [RFC 6749 section 3.3](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.3)
 */
export function requestedScopes(requested: string | undefined, policy: ScopePolicy): readonly string[] {
  if (requested !== undefined && requested !== '') {
    const asked = parseScope(requested)
    const permitted = permittedScopes(asked, policy)
    if (permitted.length > 0 || asked.length === 0) return permitted
  }
  return policy.defaults.filter((scope) => policy.supported.includes(scope))
}

/** Returns the granted scopes that the client may still have. The operator may have removed some. */
export function stillGrantedScopes(
  granted: readonly string[],
  { supported }: ScopePolicy,
): readonly string[] {
  return granted.filter((scope) => supported.includes(scope))
}

/**
 * Returns the scopes of a new access token: those that the token request asks for, or all granted ones. Clients repeat
 * the scopes of their authorization request, so unknown ones are left out again.
 *
 * @throws `invalid_scope` for a known scope that was not granted (RFC 6749 section 6).
 */
export function narrowedScopes(
  requested: string | undefined,
  granted: readonly string[],
  policy: ScopePolicy,
): readonly string[] {
  const permitted = permittedScopes(parseScope(requested), policy)
  if (!hasScopes(granted, permitted)) {
    throw new OAuthError('invalid_scope', 'The scope exceeds what was granted.')
  }
  return permitted.length === 0 ? granted : permitted
}

/**
 * Returns the known scopes among the requested ones, within the limit of the client.
 *
 * @throws `invalid_scope` if some are known and all of those exceed the limit.
 */
function permittedScopes(asked: readonly string[], { known, supported }: ScopePolicy): readonly string[] {
  const knownOnes = asked.filter((scope) => known.includes(scope))
  const permitted = knownOnes.filter((scope) => supported.includes(scope))
  if (permitted.length === 0 && knownOnes.length > 0) {
    throw new OAuthError('invalid_scope', 'The client may not have any of the requested scopes.')
  }
  return permitted
}
