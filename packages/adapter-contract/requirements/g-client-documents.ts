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
    rule: 'The text of the client id is judged and fetched, not what a URL parser makes of it.',
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
    rule: 'A document is what is answered with status 200 and a media type of JSON, and nothing else.',
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
    rule: 'A client whose document names no method of authentication is a public one.',
    source: cimd('6.2'),
  },
  {
    id: 'G-08',
    level: 'SHOULD',
    rule: 'What a document offers more than is known here is left out: it is written once for all servers.',
  },
  {
    id: 'G-09',
    level: 'MUST',
    rule: 'Redirect URIs of documents keep the rules of registered ones, and are matched like those.',
    source: cimd('4.5'),
  },
  {
    id: 'G-10',
    level: 'MUST',
    rule: 'Failures and bad documents are not kept: the next attempt is a new one.',
    source: cimd('4.4'),
  },
  {
    id: 'G-11',
    level: 'SHOULD',
    rule: 'A document is kept as HTTP says, for a minute at least and a day at most; it is asked about by its ETag; and no older one ever takes the place of a newer one.',
    source: cimd('4.4'),
  },
  {
    id: 'G-12',
    level: 'SHOULD',
    rule: 'If the document cannot be had, the authorization ends with a page, and without a redirect. The page says where the document is, and what its website does.',
    source: cimd('4.3'),
  },
  {
    id: 'G-13',
    level: 'MUST',
    rule: 'A website that is down does not make a client unknown that users have allowed: its last document counts for a day after it should be fetched again, and then it is an outage. One that answers without the document ends it after ten minutes, as an outage for the first day.',
  },
  {
    id: 'G-14',
    level: 'SHOULD',
    rule: 'A document has 5 KiB at most, unless the operator allows more.',
    source: cimd('6.6'),
  },
  {
    id: 'G-15',
    level: 'MUST',
    rule: 'The keys that a client publishes are fetched as carefully as its document.',
    source: cimd('6.5'),
  },
  {
    id: 'G-16',
    level: 'SHOULD',
    rule: 'Requests that no client could make fetch nothing, and many at once fetch a document once.',
  },
  {
    id: 'G-17',
    level: 'SHOULD',
    rule: 'The consent page shows the host of the client id and that of the redirect URI, and warns of a program on the user’s own computer.',
    source: cimd('6.4'),
  },
  {
    id: 'G-18',
    level: 'SHOULD',
    rule: 'No page loads an image of a client.',
    source: cimd('6.7'),
  },
  {
    id: 'G-19',
    level: 'MAY',
    rule: 'The operator decides which documents count, before they are fetched and whenever they are used.',
    source: cimd('6.8'),
  },
  {
    id: 'G-20',
    level: 'MAY',
    rule: 'The operator is told when a document says another way to authenticate than before, other keys, or another place for them.',
    source: cimd('6.3'),
  },
  {
    id: 'G-21',
    level: 'MUST',
    rule: 'What one installation of a client is allowed, or ends, is nothing to another, though they have one id.',
    source: mcpSecurity,
  },
  {
    id: 'G-22',
    level: 'MUST',
    rule: 'Where documents are off, a URL is an unknown client, and nothing is fetched.',
  },
  {
    id: 'G-23',
    level: 'MAY',
    rule: 'The operator may have redirect URIs left out that are neither of the origin of the document nor on loopback.',
    source: cimd('6.1'),
  },
  {
    id: 'G-24',
    level: 'MAY',
    rule: 'A document that the operator gives is used as it is, and not fetched.',
  },
  {
    id: 'G-25',
    level: 'MAY',
    rule: 'The operator can try whether this server can read the document of a client.',
  },
  {
    id: 'G-26',
    level: 'MUST',
    rule: 'Where this runtime cannot fetch documents safely, they are off, the metadata does not offer them, and the operator is told why.',
  },
]
