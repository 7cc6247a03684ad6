import { isJsonType, mediaTypeOf } from '../../../http/media-type.js'
import { exchangeJson, type Fetch } from '../../../outbound/fetch-json.js'
import { isNotFound } from '../../../outbound/not-found.js'
import type { DocumentCopy } from '../../records/stored-records.js'
import { DocumentError } from './document-error.js'
import { freshnessOf } from './document-freshness.js'

export interface DocumentSource {
  readonly fetch: Fetch
  /** In bytes. */
  readonly sizeLimit: number
  readonly now: number
}

/**
 * Fetches a client's metadata document, or revalidates the previous copy. Does **not** check the document.
 *
 * @throws `DocumentError`, or what the fetch throws.
 * @see [Client ID Metadata Document section 4](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-00#section-4)
 */
export async function fetchClientDocument(
  clientId: string,
  { fetch, sizeLimit, now }: DocumentSource,
  previous: DocumentCopy | undefined,
): Promise<DocumentCopy> {
  const etag = previous?.document === undefined ? undefined : previous.etag
  const response = await exchangeJson(clientId, {
    fetch,
    limit: sizeLimit,
    headers: etag === undefined ? {} : { 'if-none-match': etag },
  })
  const { status, headers } = response
  const isUnchanged = status === 304 && etag !== undefined
  if (status !== 200 && !isUnchanged) {
    throw new DocumentError(`${clientId} responded ${status}`, {
      meaning: isNotFound(status) ? 'gone' : 'unreachable',
      status,
    })
  }
  if (status === 200 && !isJsonType(mediaTypeOf(headers.get('content-type')))) {
    throw new DocumentError(`${clientId} is not JSON by its media type`, { meaning: 'gone' })
  }
  const { seconds, mayKeep } = freshnessOf(headers)
  return {
    document: isUnchanged ? previous?.document : response.document,
    etag: mayKeep ? (usableEtag(headers.get('etag')) ?? (isUnchanged ? etag : undefined)) : undefined,
    fetchedAt: now,
    freshUntil: now + seconds,
    mayKeep,
  }
}

/** The ETag, if it can be sent back. */
function usableEtag(etag: string | null): string | undefined {
  return etag !== null && /^(?:W\/)?"[\x21\x23-\x7e]{0,200}"$/.test(etag) ? etag : undefined
}
