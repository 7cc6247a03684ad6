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
    rule: 'A challenge goes to a client that used the Authorization header, and to no other.',
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
    rule: 'A client is let in with the method that it registered, and with no other. One with a secret may send it in the header or in the body, unless the operator pins the method.',
    source: rfc7591('2'),
  },
  {
    id: 'E-05',
    level: 'MUST',
    rule: 'A client with a secret is never let in without it.',
    source: rfc6749('3.2.1'),
  },
  {
    id: 'E-06',
    level: 'MUST',
    rule: 'A client without a secret says who it is, and is refused if it sends one.',
    source: rfc6749('3.2.1'),
  },
  {
    id: 'E-07',
    level: 'MUST',
    rule: 'A request that does not say which client it is from is invalid_client.',
    source: rfc6749('5.2'),
  },
  {
    id: 'E-08',
    level: 'MUST',
    rule: 'Basic credentials are read with and without form-encoding and padding; what cannot be read is invalid_client.',
    source: rfc7617('2'),
  },
  {
    id: 'E-09',
    level: 'MUST',
    rule: 'A client_id beside the header must be the one in the header.',
    source: rfc6749('2.3'),
  },
  {
    id: 'E-10',
    level: 'MUST',
    rule: 'Secrets are compared as digests, in a time that says nothing about them; those of an unknown client, too.',
    source: rfc6749('10.10'),
  },
  {
    id: 'E-11',
    level: 'MUST',
    rule: 'A client secret is told once, and stored as a digest.',
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
    rule: 'The type of an assertion is the one of RFC 7523, and there is one assertion.',
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
    rule: 'An assertion is for this server and for no other: its issuer or its token endpoint, alone; only its issuer, where the operator is strict.',
    source: 'https://www.rfc-editor.org/rfc/rfc7523.html#section-3',
  },
  {
    id: 'E-17',
    level: 'MUST',
    rule: 'An assertion ends within ten minutes, and is not from the future.',
    source: 'https://www.rfc-editor.org/rfc/rfc7523.html#section-3',
  },
  {
    id: 'E-18',
    level: 'MUST',
    rule: 'An assertion has an id and works once, in all processes that share a store. Where it gets nothing, it is not used up.',
    source: 'https://www.rfc-editor.org/rfc/rfc7523.html#section-3',
  },
  {
    id: 'E-19',
    level: 'MUST',
    rule: 'An assertion is signed with a key that the client registered or publishes. One that it brings along counts for nothing.',
    source: 'https://www.rfc-editor.org/rfc/rfc8725.html#section-3.10',
  },
  {
    id: 'E-20',
    level: 'MUST',
    rule: 'An assertion is signed with the algorithm that the client registered, and never with a shared secret or with nothing.',
    source: 'https://www.rfc-editor.org/rfc/rfc7591.html#section-2',
  },
  {
    id: 'E-21',
    level: 'MUST',
    rule: 'A JWT that says that it is something else is no assertion.',
    source: 'https://www.rfc-editor.org/rfc/rfc8725.html#section-3.11',
  },
  {
    id: 'E-22',
    level: 'MUST',
    rule: 'Keys of a client that cannot be fetched are an outage, and no failure of the client; so is a proof that fails by a document or by keys that may have been replaced, if they cannot be fetched for the moment.',
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
    rule: 'A client that is known by its document has no secret.',
    source:
      'https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-00#section-4.1',
  },
  {
    id: 'E-25',
    level: 'SHOULD',
    rule: 'Whoever tries too many secrets is answered 429; what others try in its name never keeps a client out.',
    source: rfc6749('2.3.1'),
  },
  {
    id: 'E-26',
    level: 'MUST',
    rule: 'Token, revocation and introspection endpoint authenticate clients alike.',
    source: rfc7009('2.1'),
  },
  {
    id: 'E-27',
    level: 'MUST',
    rule: 'Credentials in the query count for nothing.',
    source: rfc6749('2.3.1'),
  },
  {
    id: 'E-28',
    level: 'MUST',
    rule: 'An unknown client and a wrong secret are answered with the same bytes.',
  },
  {
    id: 'E-29',
    level: 'MUST',
    rule: 'An assertion is stored only where it gets something: tokens, what a token says, or the end of a grant. A client that the operator did not configure is limited in how often.',
  },
  {
    id: 'E-30',
    level: 'MUST',
    rule: 'For an assertion of a client that the operator did not configure, four keys are tried at most. Assertions of clients without users are limited before any is.',
  },
]
