import type { AuthorizationRequest } from '../authorization/authorization-request.js'
import type { AuthenticatedClient } from '../client-authentication/authenticate-client.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import { isDocumentUrl } from './documents/document-url.js'

/** Lets what is known of a client live as long as what it is given: a code, and the tokens that come of it. */
export async function keepClient(
  server: AuthorizationServer,
  { client, knownUntil = 0 }: Pick<AuthenticatedClient, 'client' | 'knownUntil'>,
): Promise<void> {
  const { client_id: clientId } = client
  if (isDocumentUrl(clientId)) {
    await server.clientDocuments?.keep(clientId)
  } else if (!server.staticClients.has(clientId) && !isKnownForLong(server, knownUntil)) {
    await keepRegistration(server, clientId)
  }
}

/**
 * Notes that a user has allowed a client something, before it has any tokens: it is no stranger any more, whose documents,
 * keys and assertions share with all strangers. Of registrations, that matters for those with keys alone.
 */
export async function keepAllowedClient(
  server: AuthorizationServer,
  { client, clientOrigin }: Pick<AuthorizationRequest, 'client' | 'clientOrigin'>,
): Promise<void> {
  const { client_id: clientId, token_endpoint_auth_method: method } = client
  if (clientOrigin === 'document') await server.clientDocuments?.keep(clientId)
  if (clientOrigin !== 'registration' || method !== 'private_key_jwt') return
  const { unusedRegistration, authorizationCode } = server.lifetimes
  const found = await server.records.clients.find(clientId)
  const keptUntil = server.now() + unusedRegistration + authorizationCode
  if (found !== undefined && found.expiresAt < keptUntil)
    await server.records.clients.replace(clientId, found, found.value, keptUntil)
}

async function keepRegistration(server: AuthorizationServer, clientId: string): Promise<void> {
  const found = await server.records.clients.find(clientId)
  if (found === undefined || isKnownForLong(server, found.expiresAt)) return
  const keptUntil = server.now() + server.lifetimes.registration
  await server.records.clients.replace(clientId, found, found.value, keptUntil)
}

/** A registration is written once in half its lifetime, not each time. */
function isKnownForLong({ now, lifetimes }: AuthorizationServer, knownUntil: number): boolean {
  return knownUntil > now() + lifetimes.registration / 2
}
