import type { DocumentFailure } from '../../../oauth/reasons.js'

const pin = 'If its website refuses this server, pin the document in "clientIdMetadataDocuments.pinned".'

/** What an operator or a developer can do about a document that cannot be read. */
export const documentHints: Readonly<Record<DocumentFailure, string | undefined>> = {
  busy: 'If unapproved clients use up the fetches, set "clientIdMetadataDocuments.allows", or "rateLimit" with "clientAddress".',
  invalid:
    'Report it to the developers of the client. Until it is fixed, pin a document in "clientIdMetadataDocuments.pinned".',
  not_public: 'Configure a client of your own network in "clients".',
  paused: undefined,
  redirect: 'Report it to the developers of the client: the document must be at the URL itself.',
  status: pin,
  timeout: pin,
  unreachable: 'If this server reaches the internet only through a proxy, set "ssrfSafeFetch".',
}
