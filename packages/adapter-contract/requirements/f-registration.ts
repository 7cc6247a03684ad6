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
    rule: 'The response is 201 with the metadata as registered, and no cache may store it.',
    source: rfc7591('3.2.1'),
  },
  {
    id: 'F-03',
    level: 'MUST',
    rule: 'The response states when a client secret expires, with 0 for never, which is the default.',
    source: rfc7591('3.2.1'),
  },
  {
    id: 'F-04',
    level: 'MUST',
    rule: 'The response has the redirect URIs, and no member that is null.',
    source: rfc7591('3.2.1'),
  },
  {
    id: 'F-05',
    level: 'MUST',
    rule: 'A client that names no authentication method is registered for client_secret_basic, and the response says so.',
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
    rule: 'Without grant types, a client gets authorization codes and refresh tokens. Without response types, it gets code. Grant types and response types must match.',
    source: rfc7591('2.1'),
  },
  {
    id: 'F-08',
    level: 'MUST',
    rule: 'A client that uses redirects must register redirect URIs.',
    source: rfc7591('2'),
  },
  {
    id: 'F-09',
    level: 'MUST',
    rule: 'A redirect URI is https, http on loopback, or a private-use URI that is allowed exactly or below a path prefix. It has no fragment, user information, wildcard or character that browsers read differently. A configured client may have any private-use URI, and http on a private network.',
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
    rule: 'Unsupported grant types, response types, scopes and application types are omitted if others remain, and the response shows the result. Values that would weaken security are invalid_client_metadata.',
    source: rfc7591('3.2.2'),
  },
  {
    id: 'F-12',
    level: 'MUST',
    rule: 'Unknown metadata is neither stored nor returned.',
    source: rfc7591('2'),
  },
  {
    id: 'F-13',
    level: 'MUST',
    rule: 'A client does not choose its identifier, its secret, its timestamps or unknown scopes.',
    source: rfc7591('3.1'),
  },
  {
    id: 'F-14',
    level: 'MUST',
    rule: 'The keys of a client are public, in one place, and present if it authenticates with them.',
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
    rule: 'The application type is native or web, and is returned. If the operator enforces it, a web client has redirect URIs of https websites only.',
    source: rfc7591('2'),
  },
  {
    id: 'F-17',
    level: 'MUST',
    rule: 'A client that requires tokens bound to a key is not registered, because it would get bearer tokens.',
    source: 'https://www.rfc-editor.org/rfc/rfc9449.html#section-5.2',
  },
  {
    id: 'F-18',
    level: 'SHOULD',
    rule: 'If registration needs a token, a request without one gets a challenge, and one with an invalid token gets invalid_token.',
    source: rfc7591('3'),
  },
  {
    id: 'F-19',
    level: 'MUST',
    rule: 'No response promises to manage registrations.',
    source: rfc7592('3'),
  },
  {
    id: 'F-20',
    level: 'MUST',
    rule: 'Registrations are not managed over HTTP: no response has a URL or a token for that, and such a URL is 404.',
    source: rfc7592('3'),
  },
  {
    id: 'F-21',
    level: 'MUST',
    rule: 'A registration is small. One that obtains no tokens expires after a day, or after half an hour while there are many. Too many registrations are refused, not counting those that are refused for other reasons.',
    source: rfc7591('5'),
  },
  {
    id: 'F-22',
    level: 'MUST',
    rule: 'A body that is not a JSON object of reasonable size and depth is invalid_client_metadata.',
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
    rule: 'An assigned identifier never looks like a URL.',
  },
  {
    id: 'F-26',
    level: 'MUST',
    rule: 'Duplicate entries of a list count once, and values of the wrong type are refused.',
    source: rfc7591('2'),
  },
  {
    id: 'F-27',
    level: 'MUST',
    rule: 'Of several redirect URIs, those that are not allowed are omitted, and the response has the others. A refusal names the URI and the option. The exact private-use URIs of well-known clients are allowed.',
    source: rfc7591('3.2.1'),
  },
  {
    id: 'F-28',
    level: 'MUST',
    rule: 'A member that is null, or an empty URL, counts as omitted.',
  },
]
