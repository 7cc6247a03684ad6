import type { ClientRecord } from '../clients/client.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import type { ClientUse } from './documents/document-clients.js'
import { isDocumentUrl } from './documents/document-url.js'

/** `undefined` if there is no such client. */
export type FindClient = (clientId: string, use: ClientUse) => Promise<ClientRecord | undefined>

/** Finds a client by its id: the only place that knows where clients come from. */
export function createFindClient({
  staticClients,
  clientDocuments,
  records,
  grantTypes,
  lifetimes,
}: Pick<
  AuthorizationServer,
  'staticClients' | 'clientDocuments' | 'records' | 'grantTypes' | 'lifetimes'
>): FindClient {
  return async function findClient(clientId, use) {
    if (isDocumentUrl(clientId)) return clientDocuments?.find(clientId, use)
    const named = staticClients.get(clientId)
    if (named !== undefined) return named
    const registered = await records.clients.find(clientId)
    if (registered === undefined) return undefined
    const record = withGrantsOf(registered.value, grantTypes.registration)
    // One that was given tokens is kept for longer than one that was not.
    const { client_id_issued_at: registeredAt = 0 } = record.client
    const isStranger = registered.expiresAt <= registeredAt + lifetimes.unusedRegistration
    return { ...record, knownUntil: registered.expiresAt, isStranger }
  }
}

/** The operator may have taken back what was allowed when the client registered. */
function withGrantsOf({ client, ...record }: ClientRecord, allowed: readonly string[]): ClientRecord {
  const grant_types = client.grant_types.filter((type) => allowed.includes(type))
  return { ...record, client: { ...client, grant_types } }
}
