import type { AuthorizationServer } from '../authorization-server.js'
import type { ClientRecord } from './client.js'
import type { ClientUse } from './client-documents.js'
import { isDocumentUrl } from './document-url.js'

/** `undefined` if there is no such client. */
export type FindClient = (clientId: string, use: ClientUse) => Promise<ClientRecord | undefined>

/** Finds a client by its id: the only place that knows where clients come from. */
export function createFindClient({
  records,
  clientDocuments,
}: Pick<AuthorizationServer, 'records' | 'clientDocuments'>): FindClient {
  return async function findClient(clientId, use) {
    if (isDocumentUrl(clientId)) return clientDocuments?.find(clientId, use)
    return (await records.clients.find(clientId))?.value
  }
}
