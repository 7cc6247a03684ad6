import { parseParameters, type RequestParameters } from '../../http/request-parameters.js'
import { OAuthError, toOAuthError } from '../../oauth/oauth-error.js'
import { UnreadableDocumentError } from '../client-registry/documents/unreadable-document.js'
import type { ClientRecord, OAuthClient } from '../clients/client.js'
import { isLoopbackRedirectUri, isSameRedirectUri } from '../clients/redirect-uri.js'
import { redirectUriProblem } from '../clients/redirect-uri-rules.js'
import { refusedRedirectUri } from '../clients/refused-redirect-uri.js'
import { shownText } from '../clients/shown-text.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import { requestedResources } from '../tokens/granted-resources.js'
import { requestedScopes, scopePolicyOf } from '../tokens/granted-scopes.js'
import { AuthorizationError, type ResponseTarget } from './authorization-response.js'
import { isCodeChallenge } from './pkce.js'
import { resumedQuery } from './resume-query.js'
import { longestState, UnknownClientError } from './unknown-client.js'

/** An authorization request in which everything has been checked. */
export interface AuthorizationRequest extends ResponseTarget {
  readonly client: OAuthClient
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  readonly codeChallenge: string
  /** The request as it was sent. */
  readonly query: string
}

const longestQuery = 16 * 1024

/**
 * Checks an authorization request. Until the client and its redirect URI are known to be good, an error is for the
 * user to read; from then on it is for the client.
 *
 * @param shownRedirectUri Where the user was told that the browser goes on to, if the user was asked: an error takes the
 * browser nowhere else.
 * @throws `AuthorizationError` for the client, any other `OAuthError` for the user.
 * @see [RFC 6749 section 4.1.2.1](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.2.1)
 */
export async function checkAuthorizationRequest(
  server: AuthorizationServer,
  query: string,
  shownRedirectUri?: string,
): Promise<AuthorizationRequest> {
  const parameters = query.length > longestQuery ? undefined : parseParameters(query)
  // Also as it is kept, with every character escaped that may be.
  if (parameters === undefined || parameters.toQuery().length > longestQuery) throw tooLong()
  const requestedUri = requestedRedirectUri(server, parameters)
  const record = await findClient(server, parameters, requestedUri)
  const { client } = record
  const redirectUri = findRedirectUri(server, record, requestedUri)
  const target = {
    clientId: client.client_id,
    clientOrigin: record.origin,
    redirectUri,
    state: parameters.get('state'),
    userWasAsked: redirectUri === shownRedirectUri,
  }
  try {
    const checked = checkParameters(server, record, parameters)
    const authorization = { ...target, client, ...checked, query: parameters.toQuery() }
    // Also as it will be when it is resumed.
    if (resumedQuery(authorization).length > longestQuery) throw tooLong()
    return authorization
  } catch (error) {
    throw new AuthorizationError(toOAuthError(error), target)
  }
}

function tooLong(): OAuthError {
  return new OAuthError('invalid_request', 'The request is too long.')
}

async function findClient(
  server: AuthorizationServer,
  parameters: RequestParameters,
  requestedUri: string | undefined,
): Promise<ClientRecord> {
  if (parameters.isRepeated('client_id')) {
    throw new OAuthError('invalid_request', 'The parameter client_id was sent more than once.')
  }
  const clientId = parameters.require('client_id')
  try {
    const found = await server.findClient(clientId, 'authorization')
    if (found !== undefined) return found
  } catch (error) {
    if (!(error instanceof UnreadableDocumentError)) throw error
    throw new UnknownClientError(parameters, requestedUri, error)
  }
  throw new UnknownClientError(parameters, requestedUri)
}

/** Looked at before the client is: a client may have to be fetched, and no client can have what is refused here. */
function requestedRedirectUri(
  server: AuthorizationServer,
  parameters: RequestParameters,
): string | undefined {
  if (parameters.isRepeated('redirect_uri')) {
    throw new OAuthError('invalid_request', 'The parameter redirect_uri was sent more than once.')
  }
  const uri = parameters.get('redirect_uri')
  if (uri === undefined) return undefined
  const isNamed = server.staticClients.has(parameters.get('client_id') ?? '')
  const problem = redirectUriProblem(uri, server.redirectUris[isNamed ? 'configuration' : 'document'])
  if (problem !== undefined) throw refusedRedirectUri('invalid_request', problem, { uri })
  return uri
}

function findRedirectUri(
  server: AuthorizationServer,
  { client, origin }: ClientRecord,
  requested: string | undefined,
): string {
  const { client_id: clientId } = client
  const uri = requested ?? onlyRedirectUri(client)
  // The operator may have taken back what was allowed when the client registered.
  const problem = redirectUriProblem(uri, server.redirectUris[origin], client.application_type)
  if (problem !== undefined) throw refusedRedirectUri('invalid_request', problem, { uri, clientId })
  if (!client.redirect_uris.some((registered) => isSameRedirectUri(registered, uri))) {
    throw new OAuthError(
      'invalid_request',
      `The redirect URI ${shownText(uri)} is not registered for this application.`,
      { reason: 'redirect_uri_unregistered', clientId },
    )
  }
  return uri
}

/** The one that a request means which names none (RFC 6749 section 3.1.2.3). */
function onlyRedirectUri({ client_id: clientId, redirect_uris }: OAuthClient): string {
  const [only, ...others] = redirect_uris
  if (only === undefined || others.length > 0 || isLoopbackRedirectUri(only)) {
    throw new OAuthError('invalid_request', 'The parameter redirect_uri is missing.', { clientId })
  }
  return only
}

function checkParameters(server: AuthorizationServer, record: ClientRecord, parameters: RequestParameters) {
  parameters.refuseRepeated()
  if ((parameters.get('state') ?? '').length > longestState) {
    throw new OAuthError('invalid_request', 'The parameter state is too long.')
  }
  if (parameters.get('request') !== undefined) {
    throw new OAuthError('request_not_supported', 'Request objects are not supported.')
  }
  if (parameters.get('request_uri') !== undefined) {
    throw new OAuthError('request_uri_not_supported', 'Request objects are not supported.')
  }
  checkResponseType(record.client, parameters.require('response_type'))
  // Ignored, it would be answered in a way that the client does not look for (OAuth 2.0 Multiple Response Types section 2.1).
  if ((parameters.get('response_mode') ?? 'query') !== 'query') {
    throw new OAuthError('invalid_request', 'The only response mode is query.')
  }
  return {
    codeChallenge: checkCodeChallenge(parameters),
    scopes: requestedScopes(parameters.get('scope'), scopePolicyOf(server, record.client)),
    resources: requestedResources(parameters.getAll('resource'), server.resources()),
  }
}

function checkResponseType(client: OAuthClient, responseType: string): void {
  if (responseType !== 'code') {
    throw new OAuthError('unsupported_response_type', 'The only response type is code.')
  }
  if (!client.response_types.includes('code') || !client.grant_types.includes('authorization_code')) {
    throw new OAuthError('unauthorized_client', 'The client is not registered for authorization codes.')
  }
}

/** PKCE with S256, from every client. A missing method would mean `plain` (RFC 7636 section 4.3). */
function checkCodeChallenge(parameters: RequestParameters): string {
  const challenge = parameters.require('code_challenge')
  if (parameters.get('code_challenge_method') !== 'S256') {
    throw new OAuthError('invalid_request', 'The parameter code_challenge_method must be S256.')
  }
  if (!isCodeChallenge(challenge)) {
    throw new OAuthError('invalid_request', 'The parameter code_challenge must be 43 base64url characters.')
  }
  return challenge
}
