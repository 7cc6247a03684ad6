import type { RequestParameters } from '../../http/request-parameters.js'
import { OAuthError, optionsOf } from '../../oauth/oauth-error.js'
import type { UnreadableDocumentError } from '../client-registry/documents/unreadable-document.js'
import { isLoopbackRedirectUri } from '../clients/redirect-uri.js'
import type { ResponseTarget } from './authorization-response.js'

/** Where the user may notify a waiting program that the sign-in has failed. */
export type WayBack = Pick<ResponseTarget, 'redirectUri' | 'state'>

/**
 * The authorization request of an unknown client: its registration was deleted or has expired, or its metadata document
 * could not be read. Not an `AuthorizationError`, because the browser must not be redirected to an unregistered URI.
 */
export class UnknownClientError extends OAuthError {
  /** Only a program on the user's own computer: any page may link there, so this link adds no risk. */
  readonly wayBack: WayBack | undefined
  /** The error code for the program. `unauthorized_client` makes official clients register again. */
  readonly codeForClient: 'unauthorized_client' | 'temporarily_unavailable'

  /**
   * @param redirectUri The redirect URI of the request, checked like a registered one.
   * @param unreadable Why the client's metadata document could not be read, if its ID is a URL.
   */
  constructor(
    parameters: RequestParameters,
    redirectUri: string | undefined,
    unreadable?: UnreadableDocumentError,
  ) {
    if (unreadable === undefined) {
      super(
        'invalid_client',
        "This server doesn't recognize the application. Remove the connection in the application and add it again.",
        { status: 400, reason: 'client_unknown' },
      )
    } else {
      super(unreadable.code, unreadable.message, optionsOf(unreadable))
    }
    const isOutage = unreadable?.code === 'temporarily_unavailable'
    this.codeForClient = isOutage ? 'temporarily_unavailable' : 'unauthorized_client'
    const isProgram = redirectUri !== undefined && isLoopbackRedirectUri(redirectUri)
    this.wayBack = isProgram ? { redirectUri, state: sentState(parameters) } : undefined
  }
}

/** In characters. */
export const longestState = 4 * 1024

function sentState(parameters: RequestParameters): string | undefined {
  const state = parameters.get('state')
  return state !== undefined && state.length <= longestState ? state : undefined
}
