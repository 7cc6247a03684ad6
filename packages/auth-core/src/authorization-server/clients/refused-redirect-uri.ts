import { OAuthError, type OAuthErrorCode } from '../../oauth/oauth-error.js'
import type { RedirectUriProblem } from './redirect-uri-rules.js'
import { shownText } from './shown-text.js'

/**
 * The error for a redirect URI that a client cannot have. It names the URI and the option, for the client's developer and
 * the operator. A malformed URI is not repeated, because it may contain a password.
 */
export function refusedRedirectUri(
  code: OAuthErrorCode,
  { kind, text, hint }: RedirectUriProblem,
  { uri, index, clientId }: { readonly uri: string; readonly index?: number; readonly clientId?: string },
): OAuthError {
  if (kind === 'malformed') {
    const subject = index === undefined ? 'The redirect URI' : `The redirect URI at index ${index}`
    return new OAuthError(code, `${subject} ${text}.`, { reason: 'redirect_uri_malformed', clientId })
  }
  return new OAuthError(code, `The redirect URI ${shownText(uri)} ${text}.`, {
    reason: 'redirect_uri_not_allowed',
    hint,
    clientId,
  })
}
