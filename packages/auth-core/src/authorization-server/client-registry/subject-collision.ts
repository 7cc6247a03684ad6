import type { OAuthClient } from '../clients/client.js'
import { actsWithoutUser } from '../clients/grant-types.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import { isDocumentUrl } from './documents/document-url.js'

/**
 * Whether a user would have the name of a client. A token for the user would then pass for one that the client got for
 * itself, whose `sub` is its `client_id`.
 *
 * @param client The one that the user signs in for.
 * @see [RFC 9068 section 5](https://www.rfc-editor.org/rfc/rfc9068.html#section-5)
 */
export async function isNameOfClient(
  server: AuthorizationServer,
  subject: string,
  client: OAuthClient,
): Promise<boolean> {
  if (subject === client.client_id || server.staticClients.has(subject)) return true
  // Clients that registered themselves have random names, and mostly no tokens of their own.
  const haveOwnTokens = actsWithoutUser(server.grantTypes.registration)
  if (!haveOwnTokens) return false
  // Whoever publishes a document there is a client, if not now then later.
  if (isDocumentUrl(subject)) return server.clientDocuments !== undefined
  return (await server.records.clients.find(subject)) !== undefined
}
