import { parseParameters, type RequestParameters } from '../../http/request-parameters.js'
import { OAuthError, toOAuthError } from '../../oauth/oauth-error.js'
import { UnreadableDocumentError } from '../client-registry/documents/unreadable-document.js'
import type { ClientOrigin, ClientRecord, FindClient, OAuthClient } from '../clients/client.js'
import { isLoopbackRedirectUri, isSameRedirectUri } from '../clients/redirect-uri.js'
import type { RedirectUriRules } from '../clients/redirect-uri-rules.js'
import { redirectUriProblem } from '../clients/redirect-uri-rules.js'
import { refusedRedirectUri } from '../clients/refused-redirect-uri.js'
import { shownText } from '../clients/shown-text.js'
import { requestedResources, type ServedResources } from '../tokens/granted-resources.js'
import { requestedScopes, type SupportedScopes, scopePolicyOf } from '../tokens/granted-scopes.js'
import { AuthorizationError, type ResponseTarget } from './authorization-response.js'
import { checkCodeChallenge } from './pkce.js'
import { resumeQuery } from './resume-query.js'
import { longestState, UnknownClientError } from './unknown-client.js'

/** A checked authorization request. */
export interface AuthorizationRequest extends ResponseTarget {
  readonly client: OAuthClient
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  readonly codeChallenge: string
  /** The request as it was sent. */
  readonly query: string
}

/** In characters. */
const longestQuery = 16 * 1024

/** The members of `AuthorizationServer` that checking authorization requests needs. */
export interface RequestRules extends SupportedScopes, ServedResources {
  readonly findClient: FindClient
  readonly redirectUris: Readonly<Record<ClientOrigin, RedirectUriRules>>
}

/**
 * Checks an authorization request. An error is for the user until the client and its redirect URI have been checked.
 * Later errors are for the client.
 *
 * @param shownRedirectUri The redirect URI on the consent page that the user has answered. Only this one counts as shown.
 * @throws `AuthorizationError` for the client, any other `OAuthError` for the user.
 * @see [RFC 6749 section 4.1.2.1](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.2.1)
 */
export async function checkAuthorizationRequest(
  server: RequestRules,
  query: string,
  shownRedirectUri?: string,
): Promise<AuthorizationRequest> {
  const parameters = query.length > longestQuery ? undefined : parseParameters(query)
  // The stored form counts, too: it may have more escaped characters.
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
    // The resumed form counts, too.
    if (resumeQuery(authorization).length > longestQuery) throw tooLong()
    return authorization
  } catch (error) {
    throw new AuthorizationError(toOAuthError(error), target)
  }
}

function tooLong(): OAuthError {
  return new OAuthError('invalid_request', 'The authorization request is too long.')
}

async function findClient(
  server: RequestRules,
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

/** Checks the redirect URI before the client is fetched. Refuses only what no client can register. */
function requestedRedirectUri(server: RequestRules, parameters: RequestParameters): string | undefined {
  if (parameters.isRepeated('redirect_uri')) {
    throw new OAuthError('invalid_request', 'The parameter redirect_uri was sent more than once.')
  }
  const uri = parameters.get('redirect_uri')
  if (uri === undefined) return undefined
  const isConfigured = server.staticClients.has(parameters.get('client_id') ?? '')
  const problem = redirectUriProblem(uri, server.redirectUris[isConfigured ? 'configuration' : 'document'])
  if (problem !== undefined) throw refusedRedirectUri('invalid_request', problem, { uri })
  return uri
}

function findRedirectUri(
  server: RequestRules,
  { client, origin }: ClientRecord,
  requested: string | undefined,
): string {
  const { client_id: clientId } = client
  const uri = requested ?? onlyRedirectUri(client)
  // The rules may have changed since the client registered.
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

/** Returns the redirect URI of a request without one: the only one of the client (RFC 6749 section 3.1.2.3). */
function onlyRedirectUri({ client_id: clientId, redirect_uris }: OAuthClient): string {
  const [only, ...others] = redirect_uris
  if (only === undefined || others.length > 0 || isLoopbackRedirectUri(only)) {
    throw new OAuthError('invalid_request', 'The parameter redirect_uri is missing.', { clientId })
  }
  return only
}

function checkParameters(server: RequestRules, record: ClientRecord, parameters: RequestParameters) {
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
  // The client reads the response only in the mode that it asked for (OAuth 2.0 Multiple Response Types section 2.1).
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
