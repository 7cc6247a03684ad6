import type { Requirement } from './requirement.js'

const rfc6749 = (section: string) => `https://www.rfc-editor.org/rfc/rfc6749.html#section-${section}`
const rfc7636 = (section: string) => `https://www.rfc-editor.org/rfc/rfc7636.html#section-${section}`
const rfc8707 = (section: string) => `https://www.rfc-editor.org/rfc/rfc8707.html#section-${section}`
const rfc9068 = (section: string) => `https://www.rfc-editor.org/rfc/rfc9068.html#section-${section}`
const rfc9700 = (section: string) => `https://www.rfc-editor.org/rfc/rfc9700.html#section-${section}`
const oauth21 = (section: string) =>
  `https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-${section}`

export const tokenEndpoint: readonly Requirement[] = [
  {
    id: 'D-01',
    level: 'MUST',
    rule: 'The token endpoint accepts POST only.',
    source: rfc6749('3.2'),
  },
  {
    id: 'D-02',
    level: 'MUST',
    rule: 'A token request is a form, and a body of another type is invalid_request.',
    source: rfc6749('4.1.3'),
  },
  {
    id: 'D-03',
    level: 'MUST',
    rule: 'The query of a token request is ignored.',
    source: rfc6749('2.3.1'),
  },
  {
    id: 'D-04',
    level: 'MUST',
    rule: 'A repeated parameter is invalid_request.',
    source: rfc6749('3.2'),
  },
  {
    id: 'D-05',
    level: 'MUST',
    rule: 'A missing grant type is invalid_request, an unknown one unsupported_grant_type.',
    source: rfc6749('5.2'),
  },
  {
    id: 'D-06',
    level: 'MUST',
    rule: 'Empty and unknown parameters are ignored.',
    source: rfc6749('3.2'),
  },
  {
    id: 'D-07',
    level: 'MUST',
    rule: 'Tokens are sent as JSON that no cache may store.',
    source: rfc6749('5.1'),
  },
  {
    id: 'D-08',
    level: 'MUST',
    rule: 'Errors are JSON that no cache may store. invalid_grant has the status that the operator chose, and never a challenge.',
    source: rfc6749('5.2'),
  },
  {
    id: 'D-09',
    level: 'MUST',
    rule: 'No member of a JSON response is null.',
    source: rfc6749('5.1'),
  },
  {
    id: 'D-10',
    level: 'MUST',
    rule: 'The response names the scopes of the token, if it has any.',
    source: rfc6749('5.1'),
  },
  {
    id: 'D-11',
    level: 'MUST',
    rule: 'A description has only allowed characters, and repeats nothing that the client sent.',
    source: rfc6749('5.2'),
  },
  {
    id: 'D-12',
    level: 'MUST',
    rule: 'The client is authenticated first, and a failed authentication does not consume the code.',
    source: rfc6749('3.2.1'),
  },
  {
    id: 'D-13',
    level: 'MUST',
    rule: 'A grant that the client is not registered for is unauthorized_client.',
    source: rfc6749('5.2'),
  },
  {
    id: 'D-14',
    level: 'MUST',
    rule: 'An outage is 503 temporarily_unavailable with Retry-After, never an error that makes a client discard credentials.',
  },
  {
    id: 'D-15',
    level: 'MUST',
    rule: 'A fault of the server is reported in the terms of the protocol, without details.',
    source: rfc6749('5.2'),
  },
  {
    id: 'D-16',
    level: 'MUST',
    rule: 'A resource that was not authorized is invalid_target, before anything is consumed.',
    source: rfc8707('2.2'),
  },
  {
    id: 'D-17',
    level: 'MUST',
    rule: 'The audience of an access token is its one resource, in the configured spelling.',
    source: rfc9068('3'),
  },
  {
    id: 'D-18',
    level: 'MUST',
    rule: 'An access token is an at+jwt with the claims of RFC 9068. Claims of the application replace none of them.',
    source: rfc9068('2.2'),
  },
  {
    id: 'D-19',
    level: 'SHOULD',
    rule: 'An access token expires after an hour, without tolerance.',
    source: rfc9700('2.2.1'),
  },
  {
    id: 'D-20',
    level: 'MUST',
    rule: 'Codes, refresh tokens and opaque access tokens have 256 random bits, and are stored as digests only.',
    source: rfc6749('10.10'),
  },
  {
    id: 'D-21',
    level: 'MUST',
    rule: 'The subject of a token is the client if there is no user, and no user may have the ID of a client.',
    source: 'https://www.rfc-editor.org/rfc/rfc9068.html#section-5',
  },
  {
    id: 'D-22',
    level: 'MUST',
    rule: 'A body of more than 64 KiB is refused before it is read completely.',
  },
  {
    id: 'D-23',
    level: 'MUST',
    rule: 'Broken escapes and bytes that are not UTF-8 are invalid_request.',
    source: rfc6749('5.2'),
  },
  {
    id: 'D-30',
    level: 'MUST',
    rule: 'A missing code is invalid_request. An unknown, expired or consumed code is invalid_grant.',
    source: rfc6749('5.2'),
  },
  {
    id: 'D-31',
    level: 'MUST',
    rule: 'Without the matching code verifier, no tokens are issued.',
    source: rfc7636('4.6'),
  },
  {
    id: 'D-32',
    level: 'MUST',
    rule: 'A code verifier has 43 to 128 unreserved characters.',
    source: rfc7636('4.1'),
  },
  {
    id: 'D-33',
    level: 'MUST',
    rule: 'A verifier redeems no code that was issued without a challenge.',
    source: 'https://www.rfc-editor.org/rfc/rfc9700.html#section-4.8.2',
  },
  {
    id: 'D-34',
    level: 'MUST',
    rule: 'Another client can neither redeem nor consume a code.',
    source: rfc6749('4.1.3'),
  },
  {
    id: 'D-35',
    level: 'MUST',
    rule: 'A redemption may omit the redirect URI. If it is present, it must match.',
    source: oauth21('4.1.3'),
  },
  {
    id: 'D-36',
    level: 'MUST',
    rule: 'A code is redeemed once, even by concurrent requests.',
    source: rfc6749('4.1.2'),
  },
  {
    id: 'D-37',
    level: 'SHOULD',
    rule: 'If the client presents a consumed code again, its tokens are revoked.',
    source: rfc6749('4.1.2'),
  },
  {
    id: 'D-38',
    level: 'MUST',
    rule: 'Only a client that is registered for refresh tokens gets one.',
    source: rfc6749('1.5'),
  },
  {
    id: 'D-39',
    level: 'MUST',
    rule: 'A scope in a redemption can narrow the token and never widen it. Unknown scopes are omitted.',
    source: rfc6749('4.1.3'),
  },
  {
    id: 'D-40',
    level: 'MUST',
    rule: 'A token is for the authorized resource, even if the request names none.',
    source: rfc8707('2.2'),
  },
  {
    id: 'D-41',
    level: 'MUST',
    rule: 'A removed client and a disabled user get no new tokens, and the tokens of the client end.',
  },
  {
    id: 'D-50',
    level: 'MUST',
    rule: 'Another client can neither use nor consume a refresh token.',
    source: rfc6749('10.4'),
  },
  {
    id: 'D-51',
    level: 'MUST',
    rule: 'A refresh token is replaced each time it is used.',
    source: rfc9700('4.14.2'),
  },
  {
    id: 'D-52',
    level: 'MUST',
    rule: 'Reuse of a refresh token revokes every token of its grant, except within thirty seconds and before its successor is used. The operator may shorten that time to zero.',
    source: rfc9700('4.14.2'),
  },
  {
    id: 'D-53',
    level: 'MUST',
    rule: 'A refresh token has one successor, even for concurrent refreshes. Without grace, one of them gets it.',
    source: rfc9700('4.14.2'),
  },
  {
    id: 'D-54',
    level: 'MUST',
    rule: 'A refresh may ask for fewer scopes. Unknown scopes are omitted. A known scope that was not granted is invalid_scope, and consumes nothing.',
    source: rfc6749('6'),
  },
  {
    id: 'D-55',
    level: 'MUST',
    rule: 'A narrower access token does not narrow the grant.',
    source: rfc6749('6'),
  },
  {
    id: 'D-56',
    level: 'MUST',
    rule: 'A refresh for another resource, or for a removed one, is invalid_target, and consumes nothing.',
    source: rfc8707('2.2'),
  },
  {
    id: 'D-57',
    level: 'MUST',
    rule: 'A failure in the middle of a request leaves the client with its previous tokens.',
  },
  {
    id: 'D-58',
    level: 'SHOULD',
    rule: 'A grant expires thirty days after it was given, even if it is refreshed, and earlier if it is not refreshed.',
    source: rfc9700('4.14.2'),
  },
  {
    id: 'D-59',
    level: 'MUST',
    rule: 'The application can end the grants of a user or a client, and is asked about the user at every refresh.',
    source: rfc9700('4.14.2'),
  },
  {
    id: 'D-61',
    level: 'MUST',
    rule: 'A client with a secret must authenticate at every refresh.',
    source: rfc6749('6'),
  },
  {
    id: 'D-62',
    level: 'MUST',
    rule: 'A client that gets a token for itself gets no refresh token.',
    source: rfc6749('4.4.3'),
  },
  {
    id: 'D-70',
    level: 'MUST',
    rule: 'Only an authenticated client gets a token for itself.',
    source: rfc6749('4.4'),
  },
  {
    id: 'D-71',
    level: 'MUST',
    rule: 'A client can get a token for itself with every authentication method.',
    source: rfc6749('4.4.2'),
  },
  {
    id: 'D-72',
    level: 'MUST',
    rule: 'A client that registered itself gets no token for itself, unless the operator allows it for all.',
  },
  {
    id: 'D-73',
    level: 'MUST',
    rule: 'A client gets a token for itself with its registered scopes only. Other known scopes, and unknown scopes alone, are invalid_scope.',
    source: rfc6749('3.3'),
  },
  {
    id: 'D-74',
    level: 'MUST',
    rule: 'A token that a client gets for itself is for one known resource.',
    source: rfc8707('2.2'),
  },
  {
    id: 'D-75',
    level: 'MUST',
    rule: 'A client that sends an assertion may omit its client_id. If it is present, it must match the assertion.',
    source: 'https://www.rfc-editor.org/rfc/rfc7521.html#section-4.2',
  },
  {
    id: 'D-76',
    level: 'MUST',
    rule: 'A grant keeps eight opaque access tokens, and two more for each of its resources: a new token replaces the oldest. A repeated refresh gets the previous token.',
  },
]
