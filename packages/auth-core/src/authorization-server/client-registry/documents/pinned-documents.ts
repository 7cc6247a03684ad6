import type { OAuthClient } from '../../clients/client.js'
import { isDocumentUrl } from './document-url.js'
import { checkClientDocument, type DocumentPolicy } from './parse-document.js'

/** A client's metadata document, with the names of RFC 7591 section 2. Unknown members are ignored. */
export interface ClientIdMetadataDocument {
  /** The URL at which the client publishes the document. */
  readonly client_id: string
  readonly client_name: string
  readonly redirect_uris: readonly string[]
  readonly [member: string]: unknown
}

/** A document that the operator pinned, and the client that it describes. */
export interface PinnedDocument {
  readonly document: ClientIdMetadataDocument
  readonly client: OAuthClient
}

const option = '"clientIdMetadataDocuments.pinned"'

/**
 * Checks the documents of the option `pinned`.
 *
 * @throws `TypeError`, naming the document and what is wrong with it.
 */
export function pinnedDocuments(
  documents: readonly ClientIdMetadataDocument[],
  policy: DocumentPolicy,
): ReadonlyMap<string, PinnedDocument> {
  if (!Array.isArray(documents)) throw new TypeError(`${option} must be a list of documents`)
  const pinned = new Map<string, PinnedDocument>()
  for (const document of documents as readonly ClientIdMetadataDocument[]) {
    const clientId: unknown = document?.client_id
    if (typeof clientId !== 'string' || !isDocumentUrl(clientId))
      throw new TypeError(`${option} must have documents whose client_id is the https URL of each`)
    if (pinned.has(clientId)) throw new TypeError(`${option} must have ${clientId} once`)
    pinned.set(clientId, { document, client: clientOf(document, clientId, policy) })
  }
  return pinned
}

function clientOf(document: ClientIdMetadataDocument, clientId: string, policy: DocumentPolicy): OAuthClient {
  try {
    return checkClientDocument(document, clientId, policy)
  } catch (error) {
    throw new TypeError(`${option} (${clientId}): ${(error as Error).message}`)
  }
}
