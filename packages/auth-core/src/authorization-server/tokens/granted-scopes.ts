import { OAuthError } from '../../oauth/oauth-error.js'
import { hasScopes, parseScope } from '../../oauth/scope.js'
import type { OAuthClient } from '../clients/client.js'
import type { AuthorizationServer } from '../server/authorization-server.js'

/** What a client may ask for. */
export interface ScopePolicy {
  /** The scopes of the server. A request may name others: they are left out. */
  readonly known: readonly string[]
  /** Those of them that the client may get. */
  readonly supported: readonly string[]
  /** What a request without a known scope means. */
  readonly defaults: readonly string[]
}

/** What a client may ask for. What the operator configured for it is a limit; what it registers itself is not. */
export function scopePolicyOf(
  server: Pick<AuthorizationServer, 'scopesSupported' | 'defaultScopes' | 'staticClients'>,
  client: OAuthClient,
): ScopePolicy {
  const known = server.scopesSupported
  const registered = client.scope?.split(' ')
  const limit = server.staticClients.has(client.client_id) ? registered : undefined
  if (limit !== undefined) return { known, supported: limit, defaults: limit }
  const standing = registered?.filter((scope) => known.includes(scope)) ?? []
  return { known, supported: known, defaults: standing.length > 0 ? standing : server.defaultScopes }
}

/**
 * The scopes that an authorization request may be granted: the requested ones without those that the server does not
 * know. Nearly every client asks for `openid` or `offline_access` somewhere, so a request that names unknown scopes alone
 * means the default scopes. The token response says what was granted. A scope of nothing but spaces asks for no scope,
 * as `resumeUrl` does for a client that gets no scope by default.
 *
 * @throws `invalid_scope` if the client may have none of the known scopes that it asks for.
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

/** The scopes of an earlier grant that the client may still have: the operator may have removed some since. */
export function standingScopes(granted: readonly string[], { supported }: ScopePolicy): readonly string[] {
  return granted.filter((scope) => supported.includes(scope))
}

/**
 * The scopes of a new access token: all that were granted, or those that the token request asks for. Clients repeat what
 * they asked for at authorization, so what was left out there is left out again.
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
 * The known scopes among the requested ones, within the limit of the client. Empty if no requested scope is known.
 *
 * @throws `invalid_scope` if some are known, and all of them are beyond the limit.
 */
function permittedScopes(asked: readonly string[], { known, supported }: ScopePolicy): readonly string[] {
  const understood = asked.filter((scope) => known.includes(scope))
  const permitted = understood.filter((scope) => supported.includes(scope))
  if (permitted.length === 0 && understood.length > 0) {
    throw new OAuthError('invalid_scope', 'The client may not have any of the requested scopes.')
  }
  return permitted
}
