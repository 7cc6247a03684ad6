import type { AuthenticatedClient } from '../../client-authentication/authenticate-client.js'
import type { AuthorizationServer } from '../authorization-server.js'
import { isDocumentUrl } from './document-url.js'

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
