import type { Records } from '../records.js'
import type { ClientRecord } from './client.js'

export type FindClient = (clientId: string) => Promise<ClientRecord | undefined>

/** Finds a client by its id: the only place that knows where clients come from. */
export function createFindClient(records: Pick<Records, 'clients'>): FindClient {
  return async (clientId) => (await records.clients.find(clientId))?.value
}
