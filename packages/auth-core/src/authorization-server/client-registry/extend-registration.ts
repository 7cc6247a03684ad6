import type { Clock } from '../../runtime/clock.js'
import type { AuthenticatedClient } from '../client-authentication/authenticate-client.js'
import type { ClientOrigin, OAuthClient } from '../clients/client.js'
import type { Lifetimes } from '../records/lifetimes.js'
import type { Records } from '../records/records.js'
import type { ClientDocuments } from './documents/document-clients.js'
import { isDocumentUrl } from './documents/document-url.js'

/** Where clients are stored, and for how long. An `AuthorizationServer` is one. */
export interface ClientRetention {
  readonly staticClients: ReadonlyMap<string, unknown>
  readonly clientDocuments: ClientDocuments | undefined
  readonly records: Pick<Records, 'clients'>
  readonly lifetimes: Pick<Lifetimes, 'authorizationCode' | 'registration' | 'unusedRegistration'>
  readonly now: Clock
}

/** Stores a client for as long as the code that it gets, and the tokens that follow from that, can last. */
export async function retainClient(
  server: ClientRetention,
  { client, registeredUntil = 0 }: Pick<AuthenticatedClient, 'client' | 'registeredUntil'>,
): Promise<void> {
  const { client_id: clientId } = client
  if (isDocumentUrl(clientId)) {
    await server.clientDocuments?.retain(clientId)
  } else if (!server.staticClients.has(clientId) && !isRetained(server, registeredUntil)) {
    await retainRegistration(server, clientId)
  }
}

/**
 * Notes that a user has approved a client, before it has any tokens. From then on, its documents, keys and assertions do
 * not share the limits of unapproved clients. Of registrations, this matters only for those with keys.
 */
export async function retainApprovedClient(
  server: ClientRetention,
  { client, clientOrigin }: { readonly client: OAuthClient; readonly clientOrigin: ClientOrigin },
): Promise<void> {
  const { client_id: clientId, token_endpoint_auth_method: method } = client
  if (clientOrigin === 'document') await server.clientDocuments?.retain(clientId)
  if (clientOrigin !== 'registration' || method !== 'private_key_jwt') return
  const { unusedRegistration, authorizationCode } = server.lifetimes
  const found = await server.records.clients.find(clientId)
  const expiresAt = server.now() + unusedRegistration + authorizationCode
  if (found !== undefined && found.expiresAt < expiresAt)
    await server.records.clients.replace(clientId, found, found.value, expiresAt)
}

async function retainRegistration(server: ClientRetention, clientId: string): Promise<void> {
  const found = await server.records.clients.find(clientId)
  if (found === undefined || isRetained(server, found.expiresAt)) return
  const expiresAt = server.now() + server.lifetimes.registration
  await server.records.clients.replace(clientId, found, found.value, expiresAt)
}

/** With half its lifetime left, a registration is not written again: one write per half lifetime is enough. */
function isRetained({ now, lifetimes }: ClientRetention, registeredUntil: number): boolean {
  return registeredUntil > now() + lifetimes.registration / 2
}
