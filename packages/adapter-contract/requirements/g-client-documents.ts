import type { Requirement } from './requirement.js'

const cimd = (section: string) =>
  `https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-00#section-${section}`
const mcpRegistration =
  'https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration'
const mcpSecurity =
  'https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations'

export const clientDocuments: readonly Requirement[] = [
  {
    id: 'G-01',
    level: 'MUST',
    rule: 'A client id is the URL of a document if it is https, has a path, and has no fragment, query and user information.',
    source: cimd('3'),
  },
  {
    id: 'G-02',
    level: 'MUST',
    rule: 'The client ID is checked and fetched as text, not in the form that a URL parser makes of it.',
    source: cimd('3'),
  },
  {
    id: 'G-03',
    level: 'MUST',
    rule: 'The document names its own URL, byte for byte.',
    source: cimd('4.1'),
  },
  {
    id: 'G-04',
    level: 'MUST',
    rule: 'The document is a JSON object with a client id, a name and redirect URIs.',
    source: mcpRegistration,
  },
  {
    id: 'G-05',
    level: 'MUST',
    rule: 'Only a response with status 200 and a JSON media type is a document.',
    source: cimd('4.1'),
  },
  {
    id: 'G-06',
    level: 'MUST',
    rule: 'A document with a secret, or with a method that needs one, is refused.',
    source: cimd('4.1'),
  },
  {
    id: 'G-07',
    level: 'MUST',
    rule: 'A client whose document names no authentication method is a public client.',
    source: cimd('6.2'),
  },
  {
    id: 'G-08',
    level: 'SHOULD',
    rule: 'Unsupported values of a document are omitted, because one document serves all servers.',
  },
  {
    id: 'G-09',
    level: 'MUST',
    rule: 'Redirect URIs of documents follow the rules of registered ones, and are matched like them.',
    source: cimd('4.5'),
  },
  {
    id: 'G-10',
    level: 'MUST',
    rule: 'Failures and invalid documents are not cached: the next request fetches again.',
    source: cimd('4.4'),
  },
  {
    id: 'G-11',
    level: 'SHOULD',
    rule: 'A document is cached as HTTP says, for at least a minute and at most a day, and revalidated by its ETag. An older document never replaces a newer one.',
    source: cimd('4.4'),
  },
  {
    id: 'G-12',
    level: 'SHOULD',
    rule: 'If the document cannot be fetched, the authorization ends with a page, without a redirect. The page names the address of the document and the failure.',
    source: cimd('4.3'),
  },
  {
    id: 'G-13',
    level: 'MUST',
    rule: 'While a website is down, clients that users have allowed stay known: the last document is used for a day after it should be fetched again, then it is an outage. If the website responds without the document, it is used for ten minutes, and the outage lasts for the first day.',
  },
  {
    id: 'G-14',
    level: 'SHOULD',
    rule: 'A document has at most 5 KiB, unless the operator allows more.',
    source: cimd('6.6'),
  },
  {
    id: 'G-15',
    level: 'MUST',
    rule: 'The published keys of a client are fetched as carefully as its document.',
    source: cimd('6.5'),
  },
  {
    id: 'G-16',
    level: 'SHOULD',
    rule: 'Requests that no client could send cause no fetch, and concurrent requests fetch a document once.',
  },
  {
    id: 'G-17',
    level: 'SHOULD',
    rule: "The consent page shows the host of the client ID and of the redirect URI, and warns about a program on the user's own computer.",
    source: cimd('6.4'),
  },
  {
    id: 'G-18',
    level: 'SHOULD',
    rule: 'Pages load no images of clients.',
    source: cimd('6.7'),
  },
  {
    id: 'G-19',
    level: 'MAY',
    rule: 'The operator decides which documents are accepted, before they are fetched and whenever they are used.',
    source: cimd('6.8'),
  },
  {
    id: 'G-20',
    level: 'MAY',
    rule: 'An event tells the operator when a document changes its authentication method, its keys or their location.',
    source: cimd('6.3'),
  },
  {
    id: 'G-21',
    level: 'MUST',
    rule: 'Installations of a client that share an ID have separate grants: allowing or ending one does not affect another.',
    source: mcpSecurity,
  },
  {
    id: 'G-22',
    level: 'MUST',
    rule: 'If documents are off, a URL is an unknown client, and is not fetched.',
  },
  {
    id: 'G-23',
    level: 'MAY',
    rule: 'The operator may exclude redirect URIs that are neither on the origin of the document nor on loopback.',
    source: cimd('6.1'),
  },
  {
    id: 'G-24',
    level: 'MAY',
    rule: 'A document that the operator provides is used as is, and not fetched.',
  },
  {
    id: 'G-25',
    level: 'MAY',
    rule: 'The operator can test whether this server can read the document of a client.',
  },
  {
    id: 'G-26',
    level: 'MUST',
    rule: 'If this runtime cannot fetch documents safely, they are off, the metadata does not offer them, and an event tells the operator why.',
  },
]
