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
    rule: 'The metadata of an issuer with a path is at the well-known path in front of that path, and not at the root.',
    source: rfc8414('3.1'),
  },
  {
    id: 'B-03',
    level: 'MUST',
    rule: "The published issuer is the operator's string byte for byte: no slash is added or removed.",
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
    rule: 'The only response type in the metadata is code.',
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
    rule: 'The metadata declares that authorization responses carry the issuer.',
    source: 'https://www.rfc-editor.org/rfc/rfc9207.html#section-2.3',
  },
  {
    id: 'B-09',
    level: 'MUST',
    rule: 'The metadata declares support for client metadata documents if and only if they are supported.',
    source: 'https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-00#section-5',
  },
  {
    id: 'B-10',
    level: 'MUST',
    rule: 'The metadata names a registration endpoint if and only if clients may register themselves.',
    source: rfc8414('2'),
  },
  {
    id: 'B-11',
    level: 'MUST',
    rule: 'The metadata lists every client authentication method, with none for public clients.',
    source: rfc8414('2'),
  },
  {
    id: 'B-12',
    level: 'MUST',
    rule: 'If clients may sign assertions, the metadata lists the algorithms, which are asymmetric.',
    source: rfc8414('2'),
  },
  {
    id: 'B-13',
    level: 'MUST',
    rule: 'The metadata lists the grant types that are served, because omitting the list would promise others.',
    source: rfc8414('2'),
  },
  {
    id: 'B-14',
    level: 'MUST',
    rule: 'The revocation and the introspection endpoint are named together with the authentication methods that they accept.',
    source: rfc8414('2'),
  },
  {
    id: 'B-15',
    level: 'MUST',
    rule: 'The keys that verify access tokens are published, without private members.',
    source: 'https://www.rfc-editor.org/rfc/rfc7517.html#section-5',
  },
  {
    id: 'B-16',
    level: 'MUST',
    rule: 'Assertions as grants (ID-JAG) are not supported, so the metadata names no such profile and the token endpoint has no such grant.',
    source: rfc8414('2'),
  },
  {
    id: 'B-17',
    level: 'MUST',
    rule: 'Tokens that are bound to a key (DPoP) are not supported, so no metadata promises them, and the token type is Bearer.',
    source: 'https://www.rfc-editor.org/rfc/rfc9449.html#section-5.1',
  },
  {
    id: 'B-18',
    level: 'MUST',
    rule: 'OpenID Connect Discovery finds a complete document with every required member, because an incomplete one stops clients. For an issuer with a path, it is served at both well-known addresses.',
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
    rule: 'A discovery path that belongs to no issuer or resource is 404, so that clients try the next one.',
    source: mcpDiscovery,
  },
  {
    id: 'B-22',
    level: 'SHOULD',
    rule: 'The URLs in the metadata follow from the configuration alone, and are the same for every request.',
  },
  {
    id: 'B-23',
    level: 'MUST',
    rule: 'Metadata responds to GET and HEAD, and refuses other methods with the list of allowed ones.',
    source: 'https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.6',
  },
  {
    id: 'B-24',
    level: 'MUST',
    rule: 'Discovery is at the root of the origin, even if the application is below a prefix.',
    source: 'https://www.rfc-editor.org/rfc/rfc8615.html#section-3',
  },
  {
    id: 'B-25',
    level: 'SHOULD',
    rule: 'A key is published before it signs and until all its tokens have expired, with time for caches. A leaked key is removed at once.',
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
    rule: "The address of the operator's documentation is published as configured.",
    source: rfc8414('2'),
  },
  {
    id: 'B-28',
    level: 'MUST',
    rule: 'The metadata names nothing that is not served.',
    source: rfc8414('2'),
  },
]
