import { OAuthError } from '../oauth-error.js'
import { hasScopes, parseScope } from '../scope.js'
import type { AuthorizationServer } from './authorization-server.js'
import type { ClientRecord, OAuthClient } from './clients/client.js'

/** What an authorization request may ask for. */
export interface ScopePolicy {
  readonly supported: readonly string[]
  /** What a request without `scope` means. */
  readonly defaults: readonly string[]
}

/** What a client may ask for. What the operator wrote down for it is a limit, what it says of itself is none. */
export function scopePolicyOf(
  server: AuthorizationServer,
  { client, origin }: Pick<ClientRecord, 'client' | 'origin'>,
): ScopePolicy {
  const registered = client.scope?.split(' ')
  const limit = origin === 'configuration' ? registered : undefined
  return { supported: limit ?? server.scopesSupported, defaults: registered ?? server.defaultScopes }
}

/**
 * The scopes that an authorization request may be granted: what it asks for, less what the server does not know.
 * The token response says what was granted. A scope of nothing but spaces asks for none, as `resumeUrl` does for a
 * client that gets none by default.
 *
 * @throws `invalid_scope` if nothing of what was asked for is left.
 * @see [RFC 6749 section 3.3](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.3)
 */
export function requestedScopes(requested: string | undefined, policy: ScopePolicy): readonly string[] {
  const asked = parseScope(requested)
  const isLeftOut = requested === undefined || requested === ''
  const granted = (isLeftOut ? policy.defaults : asked).filter((scope) => policy.supported.includes(scope))
  if (granted.length === 0 && asked.length > 0) {
    throw new OAuthError('invalid_scope', 'None of the requested scopes is known here.')
  }
  return granted
}

/** What of the scopes that were granted once the client may still have: the operator may have withdrawn some since. */
export function standingScopes(
  server: AuthorizationServer,
  client: OAuthClient,
  granted: readonly string[],
): readonly string[] {
  const origin = server.staticClients.has(client.client_id) ? 'configuration' : 'registration'
  const { supported } = scopePolicyOf(server, { client, origin })
  return granted.filter((scope) => supported.includes(scope))
}

/**
 * The scopes of a new access token: all that were granted, or those that the token request asks for.
 *
 * @throws `invalid_scope` for a scope that was not granted (RFC 6749 section 6).
 */
export function narrowedScopes(requested: string | undefined, granted: readonly string[]): readonly string[] {
  const asked = parseScope(requested)
  if (!hasScopes(granted, asked)) {
    throw new OAuthError('invalid_scope', 'The scope exceeds what was granted.')
  }
  return asked.length === 0 ? granted : asked
}
