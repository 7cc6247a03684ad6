import type { OAuthClient } from '../clients/client.js'
import { actsWithoutUser, type PermittedGrantTypes } from '../clients/permitted-grant-types.js'
import type { Records } from '../records/records.js'
import { isDocumentUrl } from './documents/document-url.js'

/** The clients whose IDs no user may have. An `AuthorizationServer` is one. */
export interface KnownClients {
  readonly staticClients: ReadonlyMap<string, unknown>
  /** `undefined` if client metadata documents are disabled. */
  readonly clientDocuments: unknown
  readonly records: Pick<Records, 'clients'>
  readonly grantTypes: PermittedGrantTypes
}

/**
 * Whether a user's ID equals a client ID. The user's tokens would pass for tokens that the client got for itself, whose
 * `sub` is its `client_id`.
 *
 * @param client The client that the user signs in for.
 * @see [RFC 9068 section 5](https://www.rfc-editor.org/rfc/rfc9068.html#section-5)
 */
export async function isClientId(
  server: KnownClients,
  subject: string,
  client: OAuthClient,
): Promise<boolean> {
  if (subject === client.client_id || server.staticClients.has(subject)) return true
  // Registered clients have random IDs, and usually get no tokens for themselves.
  const haveOwnTokens = actsWithoutUser(server.grantTypes.registration)
  if (!haveOwnTokens) return false
  // Any document URL is the ID of a client, or can become one.
  if (isDocumentUrl(subject)) return server.clientDocuments !== undefined
  return (await server.records.clients.find(subject)) !== undefined
}
