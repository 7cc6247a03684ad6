import type { Requirement } from './requirement.js'

const mcpSecurity =
  'https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations'
const rfc6749 = (section: string) => `https://www.rfc-editor.org/rfc/rfc6749.html#section-${section}`
const rfc7591 = (section: string) => `https://www.rfc-editor.org/rfc/rfc7591.html#section-${section}`
const rfc7636 = (section: string) => `https://www.rfc-editor.org/rfc/rfc7636.html#section-${section}`
const rfc8252 = (section: string) => `https://www.rfc-editor.org/rfc/rfc8252.html#section-${section}`
const rfc8707 = (section: string) => `https://www.rfc-editor.org/rfc/rfc8707.html#section-${section}`
const rfc9207 = (section: string) => `https://www.rfc-editor.org/rfc/rfc9207.html#section-${section}`
const rfc9700 = (section: string) => `https://www.rfc-editor.org/rfc/rfc9700.html#section-${section}`
const openIdRequestObjects = 'https://openid.net/specs/openid-connect-core-1_0.html#RequestObject'
const formAction = 'https://www.w3.org/TR/CSP3/#directive-form-action'

export const authorizationEndpoint: readonly Requirement[] = [
  {
    id: 'C-01',
    level: 'MUST',
    rule: 'An authorization request may come by GET or as a form, and means the same; other methods are refused.',
    source: rfc6749('3.1'),
  },
  {
    id: 'C-02',
    level: 'MUST',
    rule: 'Until the client and its redirect URI are known to be good, an error is a page for the user and never a redirect.',
    source: rfc6749('4.1.2.1'),
  },
  {
    id: 'C-03',
    level: 'MUST',
    rule: 'A redirect URI is the registered string; only the port of an http loopback address may differ.',
    source: rfc9700('2.1'),
  },
  {
    id: 'C-04',
    level: 'MUST',
    rule: 'No other spelling of a registered redirect URI is accepted: no user information, escapes, capitals, query or fragment of its own.',
    source: rfc9700('4.1.3'),
  },
  {
    id: 'C-05',
    level: 'MUST',
    rule: 'The redirect URI may be left out only when exactly one is registered and its port is not for the client to choose.',
    source: rfc6749('3.1.2.3'),
  },
  {
    id: 'C-06',
    level: 'MUST',
    rule: 'A missing response type is invalid_request, and any but code is unsupported_response_type.',
    source: rfc6749('4.1.2.1'),
  },
  {
    id: 'C-07',
    level: 'MUST',
    rule: 'Every client must send a PKCE code challenge.',
    source: rfc7636('4.4.1'),
  },
  {
    id: 'C-08',
    level: 'MUST',
    rule: 'The challenge method must be S256; leaving it out means plain, which is refused.',
    source: rfc7636('4.3'),
  },
  {
    id: 'C-09',
    level: 'MUST',
    rule: 'A code challenge is 43 base64url characters.',
    source: rfc7636('4.2'),
  },
  {
    id: 'C-10',
    level: 'MUST',
    rule: 'A parameter that is sent more than once is an error, except for resource.',
    source: rfc6749('3.1'),
  },
  {
    id: 'C-11',
    level: 'MUST',
    rule: 'A parameter without a value counts as left out.',
    source: rfc6749('3.1'),
  },
  {
    id: 'C-12',
    level: 'MUST',
    rule: 'Unknown parameters are ignored.',
    source: rfc6749('3.1'),
  },
  {
    id: 'C-13',
    level: 'MUST',
    rule: 'State comes back byte for byte, after success and error, and only if it was sent.',
    source: rfc6749('4.1.2'),
  },
  {
    id: 'C-14',
    level: 'MUST',
    rule: 'Every authorization response, also an error, names the issuer exactly once.',
    source: rfc9207('2'),
  },
  {
    id: 'C-15',
    level: 'MUST',
    rule: 'The response is appended to the query of the redirect URI, of which no byte changes; nothing is put in the fragment.',
    source: rfc6749('3.1.2'),
  },
  {
    id: 'C-16',
    level: 'MUST',
    rule: 'No parameter is in an authorization response twice.',
    source: rfc6749('3.1'),
  },
  {
    id: 'C-17',
    level: 'MUST',
    rule: 'Unknown scopes are left out; a request that names unknown scopes alone gets the default scopes. A malformed scope is invalid_scope.',
    source: rfc6749('3.3'),
  },
  {
    id: 'C-18',
    level: 'MAY',
    rule: 'The scopes that a client registers are what it gets if it asks for none; those that the operator wrote down for it are also the most that it gets.',
    source: rfc7591('2'),
  },
  {
    id: 'C-19',
    level: 'MUST',
    rule: 'A resource that is not known here, or not an absolute URI without fragment, is invalid_target, and the error names those that are.',
    source: rfc8707('2'),
  },
  {
    id: 'C-20',
    level: 'MUST',
    rule: 'Several resources may be asked for at once, and the grant is for them.',
    source: rfc8707('2'),
  },
  {
    id: 'C-21',
    level: 'MUST',
    rule: 'A request without a resource means the only one there is; where there are several, it is invalid_target, and the error names them.',
    source: rfc8707('2'),
  },
  {
    id: 'C-22',
    level: 'MUST',
    rule: 'Resources are compared without regard to the case of scheme and host, the default port and the slash of a bare origin. Where there is one resource, its origin and a trailing slash mean it as well.',
    source: rfc8707('2'),
  },
  {
    id: 'C-23',
    level: 'MUST',
    rule: 'An authorization code has 256 random bits and is good for a minute.',
    source: rfc6749('4.1.2'),
  },
  {
    id: 'C-24',
    level: 'MUST',
    rule: 'A code is bound to its client, redirect URI, challenge, scopes and resources.',
    source: rfc6749('4.1.3'),
  },
  {
    id: 'C-25',
    level: 'MUST',
    rule: 'A redirect answers a GET with 302 and a form with 303, so that no form is sent on.',
    source: rfc9700('4.12'),
  },
  {
    id: 'C-26',
    level: 'MUST',
    rule: 'Pages cannot be framed or kept, and tell nobody their address.',
    source: rfc9700('4.16'),
  },
  {
    id: 'C-27',
    level: 'MUST',
    rule: 'The content security policy of the consent page stops no redirect after the form, neither to the client nor to where the client sends the browser on.',
    source: formAction,
  },
  {
    id: 'C-28',
    level: 'MUST',
    rule: 'A consent counts once, in time, and only from the browser that was shown the page, with a form of that page.',
    source: rfc9700('4.7'),
  },
  {
    id: 'C-29',
    level: 'MUST',
    rule: 'What a client says of itself is shown as text, and its links not at all.',
    source: rfc7591('5'),
  },
  {
    id: 'C-30',
    level: 'MUST',
    rule: 'The consent page shows the name of the client, where the answer goes, the scopes and the resource.',
    source: mcpSecurity,
  },
  {
    id: 'C-31',
    level: 'SHOULD',
    rule: 'The consent page warns of clients on loopback, whose names cannot be checked.',
    source: mcpSecurity,
  },
  {
    id: 'C-32',
    level: 'MUST',
    rule: 'A denial is told to the client as access_denied, with state and issuer.',
    source: rfc6749('4.1.2.1'),
  },
  {
    id: 'C-33',
    level: 'MUST',
    rule: 'An earlier consent does not stand for a new one.',
    source: rfc8252('8.6'),
  },
  {
    id: 'C-34',
    level: 'MUST',
    rule: 'What fails after the redirect URI is known is told to the client, without details.',
    source: rfc6749('4.1.2.1'),
  },
  {
    id: 'C-35',
    level: 'MUST',
    rule: 'Pages of other origins can read nothing of the authorization endpoint.',
    source: rfc9700('2.6'),
  },
  {
    id: 'C-36',
    level: 'MUST',
    rule: 'A client that is not registered for codes is refused with unauthorized_client.',
    source: rfc6749('4.1.2.1'),
  },
  {
    id: 'C-37',
    level: 'SHOULD',
    rule: 'Request objects are refused by the error codes made for that.',
    source: openIdRequestObjects,
  },
  {
    id: 'C-38',
    level: 'MUST',
    rule: 'A state of 4096 characters is carried; a longer one, and a query of more than 16 KiB, are refused.',
  },
  {
    id: 'C-39',
    level: 'MUST',
    rule: 'Whatever else is wrong with a request, nothing is redirected before the redirect URI has been checked.',
    source: rfc9700('4.11.2'),
  },
  {
    id: 'C-40',
    level: 'MUST',
    rule: 'The consent form answers a request that the server remembers and checks again; it cannot change it.',
  },
  {
    id: 'C-41',
    level: 'MUST',
    rule: 'No browser is sent to a client that the operator has not named before its user has been asked, unless the client is on loopback: the error is a page that names the destination, and the authorization response is its one link.',
    source: rfc9700('4.11.2'),
  },
  {
    id: 'C-42',
    level: 'MUST',
    rule: 'A request that comes back from signing in means what it meant before, also where it left something out; otherwise it is refused.',
  },
  {
    id: 'C-43',
    level: 'SHOULD',
    rule: 'A response mode other than query is refused, and not ignored.',
    source: 'https://openid.net/specs/oauth-v2-multiple-response-types-1_0.html#ResponseModes',
  },
  {
    id: 'C-44',
    level: 'MUST',
    rule: 'A click within half a second after the mouse came to a consent page does not count, nor does a tap within half a second after the page appeared. Keys count at once.',
    source: rfc9700('4.16'),
  },
  {
    id: 'C-45',
    level: 'SHOULD',
    rule: 'The page for an unknown client says what to do in the application. A program that waits at a loopback redirect URI is told by a link, never by redirect.',
    source: rfc6749('4.1.2.1'),
  },
  {
    id: 'C-46',
    level: 'SHOULD',
    rule: 'A web client that opens the consent page in a popup keeps its popup. Where the answer goes to a private-use scheme, which no page waits for, the opener loses it.',
    source: 'https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies',
  },
]
