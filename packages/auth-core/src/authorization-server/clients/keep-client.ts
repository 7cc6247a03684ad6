import type { AuthorizationServer } from '../authorization-server.js'
import { isDocumentUrl } from './document-url.js'

/** Lets what is known of a client live as long as what it is given: a code, and the tokens that come of it. */
export async function keepClient(server: AuthorizationServer, clientId: string): Promise<void> {
  if (isDocumentUrl(clientId)) {
    await server.clientDocuments?.keep(clientId)
  } else {
    await keepRegistration(server, clientId)
  }
}

/** Written once in half its lifetime, not each time. */
async function keepRegistration(server: AuthorizationServer, clientId: string): Promise<void> {
  const found = await server.records.clients.find(clientId)
  const { registration } = server.lifetimes
  if (found === undefined || found.expiresAt > server.now() + registration / 2) return
  await server.records.clients.replace(clientId, found, found.value, server.now() + registration)
}
