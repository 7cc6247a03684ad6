import type { Requirement } from './requirement.js'

const mcpDiscovery =
  'https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/authorization-server-discovery'
const rfc8414 = (section: string) => `https://www.rfc-editor.org/rfc/rfc8414.html#section-${section}`

export const metadata: readonly Requirement[] = [
  {
    id: 'B-01',
    level: 'MUST',
    rule: 'The authorization server publishes its metadata as JSON with status 200.',
    source: rfc8414('3.2'),
  },
  {
    id: 'B-02',
    level: 'MUST',
    rule: 'The metadata of an issuer with a path is where the well-known path comes before that path, and not at the root.',
    source: rfc8414('3.1'),
  },
  {
    id: 'B-03',
    level: 'MUST',
    rule: 'The published issuer is the operator’s string byte for byte: no slash is added or taken away.',
    source: rfc8414('3.3'),
  },
  {
    id: 'B-04',
    level: 'MUST',
    rule: 'An issuer that is not an absolute https URL (http on loopback) without query, fragment and user is refused at start.',
    source: rfc8414('2'),
  },
  {
    id: 'B-05',
    level: 'MUST',
    rule: 'The only response type that is named is the authorization code.',
    source: rfc8414('2'),
  },
  {
    id: 'B-06',
    level: 'MUST',
    rule: 'The metadata always names S256, and no other PKCE method.',
    source: rfc8414('2'),
  },
  {
    id: 'B-07',
    level: 'MUST',
    rule: 'The authorization endpoint and the token endpoint are named as absolute URLs.',
    source: rfc8414('2'),
  },
  {
    id: 'B-08',
    level: 'MUST',
    rule: 'The metadata says that authorization responses carry the issuer.',
    source: 'https://www.rfc-editor.org/rfc/rfc9207.html#section-2.3',
  },
  {
    id: 'B-09',
    level: 'MUST',
    rule: 'The metadata says whether client ids may be URLs of metadata documents, and says so only if they may.',
    source: 'https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-00#section-5',
  },
  {
    id: 'B-10',
    level: 'MUST',
    rule: 'A registration endpoint is named when clients may register themselves, and neither named nor there when not.',
    source: rfc8414('2'),
  },
  {
    id: 'B-11',
    level: 'MUST',
    rule: 'The methods of client authentication are listed in full, with none for public clients.',
    source: rfc8414('2'),
  },
  {
    id: 'B-12',
    level: 'MUST',
    rule: 'Where clients may sign assertions, metadata says with which algorithms: asymmetric ones.',
    source: rfc8414('2'),
  },
  {
    id: 'B-13',
    level: 'MUST',
    rule: 'The grant types that are listed are those that are served, because leaving the list out would promise others.',
    source: rfc8414('2'),
  },
  {
    id: 'B-14',
    level: 'MUST',
    rule: 'The revocation and the introspection endpoint are named together with the methods of authentication that they take.',
    source: rfc8414('2'),
  },
  {
    id: 'B-15',
    level: 'MUST',
    rule: 'The keys that verify access tokens are published, and nothing private with them.',
    source: 'https://www.rfc-editor.org/rfc/rfc7517.html#section-5',
  },
  {
    id: 'B-16',
    level: 'MUST',
    rule: 'No profile of assertions as grants (ID-JAG) is offered, so the metadata names none, and the token endpoint has no such grant.',
    source: rfc8414('2'),
  },
  {
    id: 'B-17',
    level: 'MUST',
    rule: 'Tokens that are bound to a key (DPoP) are not offered, so no metadata promises them, and a token says that it is for any bearer.',
    source: 'https://www.rfc-editor.org/rfc/rfc9449.html#section-5.1',
  },
  {
    id: 'B-18',
    level: 'MUST',
    rule: 'OpenID Connect Discovery finds a complete document, because half of one stops clients: with every required member, at the issuer, where its path comes last and where it comes first.',
    source: mcpDiscovery,
  },
  {
    id: 'B-19',
    level: 'MAY',
    rule: 'The scopes that clients may ask for are listed.',
    source: rfc8414('2'),
  },
  {
    id: 'B-20',
    level: 'MUST',
    rule: 'Members of the metadata without a value are left out.',
    source: rfc8414('3.2'),
  },
  {
    id: 'B-21',
    level: 'MUST',
    rule: 'A discovery path that belongs to nobody is 404, so that clients try the next one.',
    source: mcpDiscovery,
  },
  {
    id: 'B-22',
    level: 'SHOULD',
    rule: 'The URLs in the metadata are made of the configuration alone, and the same for every request.',
  },
  {
    id: 'B-23',
    level: 'MUST',
    rule: 'Metadata answers GET and HEAD, and refuses other methods with the list of those that are allowed.',
    source: 'https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.6',
  },
  {
    id: 'B-24',
    level: 'MUST',
    rule: 'Discovery is at the root of the origin, also when the application is below a prefix.',
    source: 'https://www.rfc-editor.org/rfc/rfc8615.html#section-3',
  },
  {
    id: 'B-25',
    level: 'SHOULD',
    rule: 'A key is published before it signs and until nothing that it signed is good, however long others keep the document; one that leaked is withdrawn at once.',
    source: 'https://www.rfc-editor.org/rfc/rfc7517.html#section-4.5',
  },
  {
    id: 'B-26',
    level: 'MUST',
    rule: 'The issuer never depends on the request.',
    source: rfc8414('3.3'),
  },
  {
    id: 'B-27',
    level: 'MAY',
    rule: 'The address of the operator’s documentation is published as it is configured.',
    source: rfc8414('2'),
  },
  {
    id: 'B-28',
    level: 'MUST',
    rule: 'The metadata names nothing that is not there.',
    source: rfc8414('2'),
  },
]
