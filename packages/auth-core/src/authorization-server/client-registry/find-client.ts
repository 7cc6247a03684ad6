import type { ClientRecord, FindClient } from '../clients/client.js'
import type { PermittedGrantTypes } from '../clients/permitted-grant-types.js'
import type { Lifetimes } from '../records/lifetimes.js'
import type { Records } from '../records/records.js'
import type { ClientDocuments } from './documents/document-clients.js'
import { isDocumentUrl } from './documents/document-url.js'

/** Where clients come from. An `AuthorizationServer` is one. */
export interface ClientSources {
  readonly staticClients: ReadonlyMap<string, ClientRecord>
  readonly clientDocuments: ClientDocuments | undefined
  readonly records: Pick<Records, 'clients'>
  readonly grantTypes: PermittedGrantTypes
  readonly lifetimes: Pick<Lifetimes, 'unusedRegistration'>
}

/** Makes the function that finds a client by its ID: the only one that knows where clients come from. */
export function createFindClient({
  staticClients,
  clientDocuments,
  records,
  grantTypes,
  lifetimes,
}: ClientSources): FindClient {
  return async function findClient(clientId, use) {
    if (isDocumentUrl(clientId)) return clientDocuments?.find(clientId, use)
    const configured = staticClients.get(clientId)
    if (configured !== undefined) return configured
    const registered = await records.clients.find(clientId)
    if (registered === undefined) return undefined
    const record = withAllowedGrants(registered.value, grantTypes.registration)
    // A registration is stored for longer once a user has approved the client or it has tokens.
    const { client_id_issued_at: registeredAt = 0 } = record.client
    const isUnapproved = registered.expiresAt <= registeredAt + lifetimes.unusedRegistration
    return { ...record, registeredUntil: registered.expiresAt, isUnapproved }
  }
}

/** Without the grants that the operator has disabled since the client registered. */
function withAllowedGrants({ client, ...record }: ClientRecord, allowed: readonly string[]): ClientRecord {
  const grant_types = client.grant_types.filter((type) => allowed.includes(type))
  return { ...record, client: { ...client, grant_types } }
}
