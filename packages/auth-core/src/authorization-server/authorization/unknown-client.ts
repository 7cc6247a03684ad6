import type { RequestParameters } from '../../http/request-parameters.js'
import { OAuthError } from '../../oauth/oauth-error.js'
import type { UnreadableDocumentError } from '../client-registry/documents/unreadable-document.js'
import { isLoopbackRedirectUri } from '../clients/redirect-uri.js'
import type { ResponseTarget } from './authorization-response.js'

/** Where the user may tell a waiting program that the sign-in has failed. */
export type WayBack = Pick<ResponseTarget, 'redirectUri' | 'state'>

/**
 * The authorization request of a client that is not known here: its registration was deleted, or has expired, or its
 * metadata document could not be read. Not an `AuthorizationError`, because no browser may be redirected to an address that
 * nobody has registered.
 */
export class UnknownClientError extends OAuthError {
  /** Only a program on the user's own computer: any page may link there, so this server adds nothing to that. */
  readonly wayBack: WayBack | undefined
  /** What the program is told. `unauthorized_client` makes official clients register anew. */
  readonly codeForClient: 'unauthorized_client' | 'temporarily_unavailable'

  /**
   * @param redirectUri The one that the request names, checked like one that is registered.
   * @param unreadable What is wrong with its document, if its id is the URL of one.
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
      const { code, message, status, reason, clientId, cause, retryAfter } = unreadable
      super(code, message, { status, reason, clientId, cause, retryAfter })
    }
    const isOutage = unreadable?.code === 'temporarily_unavailable'
    this.codeForClient = isOutage ? 'temporarily_unavailable' : 'unauthorized_client'
    const isProgram = redirectUri !== undefined && isLoopbackRedirectUri(redirectUri)
    this.wayBack = isProgram ? { redirectUri, state: sentState(parameters) } : undefined
  }
}

export const longestState = 4 * 1024

function sentState(parameters: RequestParameters): string | undefined {
  const state = parameters.get('state')
  return state !== undefined && state.length <= longestState ? state : undefined
}
