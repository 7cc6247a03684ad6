import type { Requirement } from './requirement.js'

const rfc6749 = (section: string) => `https://www.rfc-editor.org/rfc/rfc6749.html#section-${section}`
const rfc7009 = (section: string) => `https://www.rfc-editor.org/rfc/rfc7009.html#section-${section}`
const rfc7591 = (section: string) => `https://www.rfc-editor.org/rfc/rfc7591.html#section-${section}`
const rfc7617 = (section: string) => `https://www.rfc-editor.org/rfc/rfc7617.html#section-${section}`

export const clientAuthentication: readonly Requirement[] = [
  {
    id: 'E-01',
    level: 'MUST',
    rule: 'Failed client authentication is 401 invalid_client.',
    source: rfc6749('5.2'),
  },
  {
    id: 'E-02',
    level: 'MUST',
    rule: 'A challenge is sent only to a client that used the Authorization header.',
    source: rfc6749('5.2'),
  },
  {
    id: 'E-03',
    level: 'MUST',
    rule: 'Credentials in two places of one request are invalid_request.',
    source: rfc6749('2.3'),
  },
  {
    id: 'E-04',
    level: 'MUST',
    rule: 'A client authenticates only with its registered method. A client with a secret may send it in the header or in the body, unless the operator pins the method.',
    source: rfc7591('2'),
  },
  {
    id: 'E-05',
    level: 'MUST',
    rule: 'A client with a secret is never accepted without it.',
    source: rfc6749('3.2.1'),
  },
  {
    id: 'E-06',
    level: 'MUST',
    rule: 'A client without a secret identifies itself, and is refused if it sends one.',
    source: rfc6749('3.2.1'),
  },
  {
    id: 'E-07',
    level: 'MUST',
    rule: 'A request that does not identify its client is invalid_client.',
    source: rfc6749('5.2'),
  },
  {
    id: 'E-08',
    level: 'MUST',
    rule: 'Basic credentials are read with and without form-encoding and padding. Unreadable ones are invalid_client.',
    source: rfc7617('2'),
  },
  {
    id: 'E-09',
    level: 'MUST',
    rule: 'A client_id in the body must equal the one in the header.',
    source: rfc6749('2.3'),
  },
  {
    id: 'E-10',
    level: 'MUST',
    rule: 'Secrets are compared as digests in constant time, including for unknown clients.',
    source: rfc6749('10.10'),
  },
  {
    id: 'E-11',
    level: 'MUST',
    rule: 'A client secret is shown once, and stored as a digest.',
  },
  {
    id: 'E-12',
    level: 'MUST',
    rule: 'A client secret that has expired is refused like a wrong one.',
    source: rfc7591('3.2.1'),
  },
  {
    id: 'E-13',
    level: 'MUST',
    rule: 'Two secrets of a client may overlap, so that one can replace the other.',
  },
  {
    id: 'E-14',
    level: 'MUST',
    rule: 'The assertion type is the one of RFC 7523, and a request has one assertion.',
    source: 'https://www.rfc-editor.org/rfc/rfc7523.html#section-2.2',
  },
  {
    id: 'E-15',
    level: 'MUST',
    rule: 'An assertion is issued by the client about itself.',
    source: 'https://www.rfc-editor.org/rfc/rfc7523.html#section-3',
  },
  {
    id: 'E-16',
    level: 'MUST',
    rule: 'An assertion is for this server only: its audience is the issuer or the token endpoint, and nothing else. In strict mode, only the issuer.',
    source: 'https://www.rfc-editor.org/rfc/rfc7523.html#section-3',
  },
  {
    id: 'E-17',
    level: 'MUST',
    rule: 'An assertion expires within ten minutes, and is not from the future.',
    source: 'https://www.rfc-editor.org/rfc/rfc7523.html#section-3',
  },
  {
    id: 'E-18',
    level: 'MUST',
    rule: 'An assertion has an ID and works once, in all processes that share a store. A refused request does not consume it.',
    source: 'https://www.rfc-editor.org/rfc/rfc7523.html#section-3',
  },
  {
    id: 'E-19',
    level: 'MUST',
    rule: 'An assertion is signed with a key that the client registered or publishes. A key inside the assertion is ignored.',
    source: 'https://www.rfc-editor.org/rfc/rfc8725.html#section-3.10',
  },
  {
    id: 'E-20',
    level: 'MUST',
    rule: 'An assertion is signed with the algorithm that the client registered, and never with a shared secret or unsigned.',
    source: 'https://www.rfc-editor.org/rfc/rfc7591.html#section-2',
  },
  {
    id: 'E-21',
    level: 'MUST',
    rule: 'A JWT of another type is not an assertion.',
    source: 'https://www.rfc-editor.org/rfc/rfc8725.html#section-3.11',
  },
  {
    id: 'E-22',
    level: 'MUST',
    rule: 'If keys of a client cannot be fetched, that is an outage, not a failure of the client. The same holds for a failed proof if the document or the keys may have changed and cannot be fetched at the moment.',
  },
  {
    id: 'E-23',
    level: 'MUST',
    rule: 'A client whose document names keys authenticates at every token request.',
    source:
      'https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-00#section-6.2',
  },
  {
    id: 'E-24',
    level: 'MUST',
    rule: 'A client that is identified by a document has no secret.',
    source:
      'https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-00#section-4.1',
  },
  {
    id: 'E-25',
    level: 'SHOULD',
    rule: 'A caller that tries too many secrets gets 429. Attempts of others in the name of a client never lock it out.',
    source: rfc6749('2.3.1'),
  },
  {
    id: 'E-26',
    level: 'MUST',
    rule: 'The token, revocation and introspection endpoints authenticate clients alike.',
    source: rfc7009('2.1'),
  },
  {
    id: 'E-27',
    level: 'MUST',
    rule: 'Credentials in the query are ignored.',
    source: rfc6749('2.3.1'),
  },
  {
    id: 'E-28',
    level: 'MUST',
    rule: 'An unknown client and a wrong secret get the same response, byte for byte.',
  },
  {
    id: 'E-29',
    level: 'MUST',
    rule: 'An assertion is stored only if it obtains something: tokens, the state of a token, or the end of a grant. Clients that the operator did not configure are rate limited there.',
  },
  {
    id: 'E-30',
    level: 'MUST',
    rule: 'For an assertion of a client that the operator did not configure, at most four keys are tried. Assertions of clients without users are rate limited before any key is tried.',
  },
]
