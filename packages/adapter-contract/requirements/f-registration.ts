import type { Requirement } from './requirement.js'

const rfc6749 = (section: string) => `https://www.rfc-editor.org/rfc/rfc6749.html#section-${section}`
const rfc7591 = (section: string) => `https://www.rfc-editor.org/rfc/rfc7591.html#section-${section}`
const rfc7592 = (section: string) => `https://www.rfc-editor.org/rfc/rfc7592.html#section-${section}`
const rfc9700 = (section: string) => `https://www.rfc-editor.org/rfc/rfc9700.html#section-${section}`

export const registration: readonly Requirement[] = [
  {
    id: 'F-01',
    level: 'MUST',
    rule: 'A registration is a JSON document in a POST.',
    source: rfc7591('3.1'),
  },
  {
    id: 'F-02',
    level: 'MUST',
    rule: 'The answer is 201 with the metadata as it was registered, and nobody may keep it.',
    source: rfc7591('3.2.1'),
  },
  {
    id: 'F-03',
    level: 'MUST',
    rule: 'A client with a secret is told when it expires, with 0 for never, which is the default.',
    source: rfc7591('3.2.1'),
  },
  {
    id: 'F-04',
    level: 'MUST',
    rule: 'The answer has the redirect URIs, and no member that is null.',
    source: rfc7591('3.2.1'),
  },
  {
    id: 'F-05',
    level: 'MUST',
    rule: 'A client that names no authentication method is registered for client_secret_basic, and told so.',
    source: rfc7591('2'),
  },
  {
    id: 'F-06',
    level: 'MUST',
    rule: 'A client without authentication gets no secret.',
    source: rfc7591('2'),
  },
  {
    id: 'F-07',
    level: 'MUST',
    rule: 'Without grant types, a client gets authorization codes and refresh tokens; without response types, code. The two must fit each other.',
    source: rfc7591('2.1'),
  },
  {
    id: 'F-08',
    level: 'MUST',
    rule: 'A client that uses redirects must register where to.',
    source: rfc7591('2'),
  },
  {
    id: 'F-09',
    level: 'MUST',
    rule: 'A redirect URI is https, http on loopback, or a private-use URI that is allowed one by one or below a path prefix; it has no fragment, user information, wildcard or character that browsers read in another way. A client that the operator names may have any private-use URI, and http on a private network.',
    source: rfc9700('4.1.3'),
  },
  {
    id: 'F-10',
    level: 'MUST',
    rule: 'A redirect URI has no query parameter that an authorization response uses.',
    source: rfc6749('3.1'),
  },
  {
    id: 'F-11',
    level: 'MUST',
    rule: 'Grant types, response types, scopes and an application type that are not supported are left out if others remain, and the response has those. Values that would weaken security are invalid_client_metadata.',
    source: rfc7591('3.2.2'),
  },
  {
    id: 'F-12',
    level: 'MUST',
    rule: 'Unknown metadata is neither stored nor told.',
    source: rfc7591('2'),
  },
  {
    id: 'F-13',
    level: 'MUST',
    rule: 'A client does not choose its identifier, its secret, its times or scopes that are not known here.',
    source: rfc7591('3.1'),
  },
  {
    id: 'F-14',
    level: 'MUST',
    rule: 'The keys of a client are public, in one place, and there if it authenticates with them.',
    source: rfc7591('2'),
  },
  {
    id: 'F-15',
    level: 'MUST',
    rule: 'Links of a client are http or https.',
    source: rfc7591('2'),
  },
  {
    id: 'F-16',
    level: 'MUST',
    rule: 'The application type is native or web, and is told again. If the operator enforces it, a web client has redirect URIs of https websites alone.',
    source: rfc7591('2'),
  },
  {
    id: 'F-17',
    level: 'MUST',
    rule: 'A client that needs tokens which are bound to a key is not registered, because it would get others.',
    source: 'https://www.rfc-editor.org/rfc/rfc9449.html#section-5.2',
  },
  {
    id: 'F-18',
    level: 'SHOULD',
    rule: 'Where registration needs a token, a request without one gets a challenge, and one with a bad one is told so.',
    source: rfc7591('3'),
  },
  {
    id: 'F-19',
    level: 'MUST',
    rule: 'Nothing promises a management of registrations that is not there.',
    source: rfc7592('3'),
  },
  {
    id: 'F-20',
    level: 'MUST',
    rule: 'Registrations are not managed over HTTP: nobody is given a URL or a token for that, and at such a URL there is nothing.',
    source: rfc7592('3'),
  },
  {
    id: 'F-21',
    level: 'MUST',
    rule: 'A registration is small, and one that leads to no tokens is forgotten after a day, or, while there are many, after half an hour. Too many are refused, but for those that are refused for something else.',
    source: rfc7591('5'),
  },
  {
    id: 'F-22',
    level: 'MUST',
    rule: 'Anything but a JSON object of reasonable size and depth is invalid_client_metadata.',
    source: rfc7591('3.2.2'),
  },
  {
    id: 'F-23',
    level: 'MAY',
    rule: 'A software statement is ignored.',
    source: rfc7591('2.3'),
  },
  {
    id: 'F-24',
    level: 'MUST',
    rule: 'Identifiers and secrets are random and have only characters that no encoding changes.',
    source: rfc6749('2.3.1'),
  },
  {
    id: 'F-25',
    level: 'MUST',
    rule: 'An identifier that is given out never looks like a URL.',
  },
  {
    id: 'F-26',
    level: 'MUST',
    rule: 'Repeated entries of a list count once, and values of the wrong type are refused.',
    source: rfc7591('2'),
  },
  {
    id: 'F-27',
    level: 'MUST',
    rule: 'Of several redirect URIs, those that are not allowed here are left out, and the response has the others; a refusal names the URI and the option. The exact private-use URIs of well-known clients are allowed.',
    source: rfc7591('3.2.1'),
  },
  {
    id: 'F-28',
    level: 'MUST',
    rule: 'A member that is null counts as left out, and so does a URL that is empty.',
  },
]
