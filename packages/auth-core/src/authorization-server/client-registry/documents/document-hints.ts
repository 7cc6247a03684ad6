import type { DocumentFailure } from '../../../oauth/reasons.js'

const pin = 'If its website refuses this server, pin the document in "clientIdMetadataDocuments.pinned".'

/** What an operator or a developer can do about a document that could not be read. */
export const documentHints: Readonly<Record<DocumentFailure, string | undefined>> = {
  busy: 'If strangers use up the fetches, set "clientIdMetadataDocuments.allows", or "rateLimit" with "clientAddress".',
  invalid: 'Tell the makers of the client. Until then, pin a document in "clientIdMetadataDocuments.pinned".',
  not_public: 'A client in your own network belongs in "clients".',
  paused: undefined,
  redirect: 'Tell the makers of the client: the document must be at the URL itself.',
  status: pin,
  timeout: pin,
  unreachable: 'If this server reaches the internet through a proxy alone, give "ssrfSafeFetch".',
}
