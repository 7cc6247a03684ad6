import type { EventListener } from '../../events/auth-event.js'
import { OAuthError } from '../../oauth/oauth-error.js'
import { AuthorizationError, type ResponseTarget } from './authorization-response.js'

/** Denies an authorization request for the user or the application. Returns the error for the client. */
export function deny(
  { emit }: { readonly emit: EventListener },
  target: ResponseTarget,
  by: 'user' | 'application',
): AuthorizationError {
  emit({ type: 'authorization.denied', by, clientId: target.clientId })
  return new AuthorizationError(new OAuthError('access_denied', 'The request was denied.'), target)
}
