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
    rule: 'An authorization request may be a GET or a form POST, with the same meaning. Other methods are refused.',
    source: rfc6749('3.1'),
  },
  {
    id: 'C-02',
    level: 'MUST',
    rule: 'Until the client and its redirect URI are verified, an error is a page for the user and never a redirect.',
    source: rfc6749('4.1.2.1'),
  },
  {
    id: 'C-03',
    level: 'MUST',
    rule: 'A redirect URI equals the registered string, except for the port of an http loopback address.',
    source: rfc9700('2.1'),
  },
  {
    id: 'C-04',
    level: 'MUST',
    rule: 'Other spellings of a registered redirect URI are refused, with added user information, escapes, capitals, query or fragment.',
    source: rfc9700('4.1.3'),
  },
  {
    id: 'C-05',
    level: 'MUST',
    rule: 'The redirect URI may be omitted only if exactly one is registered and its port is fixed.',
    source: rfc6749('3.1.2.3'),
  },
  {
    id: 'C-06',
    level: 'MUST',
    rule: 'A missing response type is invalid_request, and any other than code is unsupported_response_type.',
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
    rule: 'The challenge method must be S256. Omitting it means plain, which is refused.',
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
    rule: 'A parameter without a value counts as omitted.',
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
    rule: 'State is returned byte for byte, after success and error, if and only if it was sent.',
    source: rfc6749('4.1.2'),
  },
  {
    id: 'C-14',
    level: 'MUST',
    rule: 'Every authorization response, including an error, names the issuer exactly once.',
    source: rfc9207('2'),
  },
  {
    id: 'C-15',
    level: 'MUST',
    rule: 'The response is appended to the query of the redirect URI, which stays unchanged byte for byte. The fragment is not used.',
    source: rfc6749('3.1.2'),
  },
  {
    id: 'C-16',
    level: 'MUST',
    rule: 'No parameter occurs twice in an authorization response.',
    source: rfc6749('3.1'),
  },
  {
    id: 'C-17',
    level: 'MUST',
    rule: 'Unknown scopes are omitted. A request with unknown scopes only gets the default scopes. A malformed scope is invalid_scope.',
    source: rfc6749('3.3'),
  },
  {
    id: 'C-18',
    level: 'MAY',
    rule: 'A client that requests no scope gets the scopes that it registered. The scopes of a configured client are also its maximum.',
    source: rfc7591('2'),
  },
  {
    id: 'C-19',
    level: 'MUST',
    rule: 'A resource that is unknown, or not an absolute URI without fragment, is invalid_target, and the error names the known resources.',
    source: rfc8707('2'),
  },
  {
    id: 'C-20',
    level: 'MUST',
    rule: 'A request may name several resources, and the grant covers all of them.',
    source: rfc8707('2'),
  },
  {
    id: 'C-21',
    level: 'MUST',
    rule: 'A request without a resource means the only resource. If there are several, it is invalid_target, and the error names them.',
    source: rfc8707('2'),
  },
  {
    id: 'C-22',
    level: 'MUST',
    rule: 'Resources are compared without regard to the case of scheme and host, the default port and the slash of a bare origin. If there is one resource, its origin and a trailing slash mean that resource as well.',
    source: rfc8707('2'),
  },
  {
    id: 'C-23',
    level: 'MUST',
    rule: 'An authorization code has 256 random bits and expires after a minute.',
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
    rule: 'A redirect responds to a GET with 302 and to a form with 303, so that no form is forwarded.',
    source: rfc9700('4.12'),
  },
  {
    id: 'C-26',
    level: 'MUST',
    rule: 'Pages cannot be framed or cached, and send no referrer.',
    source: rfc9700('4.16'),
  },
  {
    id: 'C-27',
    level: 'MUST',
    rule: 'The content security policy of the consent page allows the redirect after the form, including further redirects by the client.',
    source: formAction,
  },
  {
    id: 'C-28',
    level: 'MUST',
    rule: 'A consent counts once, before its expiry, and only from the browser and the form that showed the page.',
    source: rfc9700('4.7'),
  },
  {
    id: 'C-29',
    level: 'MUST',
    rule: 'Client metadata is shown as text, and links of clients are not shown.',
    source: rfc7591('5'),
  },
  {
    id: 'C-30',
    level: 'MUST',
    rule: 'The consent page shows the name of the client, the destination of the response, the scopes and the resource.',
    source: mcpSecurity,
  },
  {
    id: 'C-31',
    level: 'SHOULD',
    rule: 'The consent page warns about clients on loopback, whose names cannot be verified.',
    source: mcpSecurity,
  },
  {
    id: 'C-32',
    level: 'MUST',
    rule: 'A denial is sent to the client as access_denied, with state and issuer.',
    source: rfc6749('4.1.2.1'),
  },
  {
    id: 'C-33',
    level: 'MUST',
    rule: 'A previous consent does not replace a new one.',
    source: rfc8252('8.6'),
  },
  {
    id: 'C-34',
    level: 'MUST',
    rule: 'A failure after the redirect URI is verified is sent to the client, without details.',
    source: rfc6749('4.1.2.1'),
  },
  {
    id: 'C-35',
    level: 'MUST',
    rule: 'Pages of other origins cannot read responses of the authorization endpoint.',
    source: rfc9700('2.6'),
  },
  {
    id: 'C-36',
    level: 'MUST',
    rule: 'A client that is not registered for the code grant gets unauthorized_client.',
    source: rfc6749('4.1.2.1'),
  },
  {
    id: 'C-37',
    level: 'SHOULD',
    rule: 'Request objects are refused with the error codes defined for them.',
    source: openIdRequestObjects,
  },
  {
    id: 'C-38',
    level: 'MUST',
    rule: 'A state of 4096 characters is returned. A longer state, and a query of more than 16 KiB, are refused.',
  },
  {
    id: 'C-39',
    level: 'MUST',
    rule: 'Regardless of other errors in the request, no redirect happens before the redirect URI is verified.',
    source: rfc9700('4.11.2'),
  },
  {
    id: 'C-40',
    level: 'MUST',
    rule: 'The consent form confirms a request that the server has stored and checks again. The form cannot change it.',
  },
  {
    id: 'C-41',
    level: 'MUST',
    rule: 'Before the user was asked, no browser is redirected to a client that the operator did not configure, unless the client is on loopback. The error is a page that names the destination and links to it.',
    source: rfc9700('4.11.2'),
  },
  {
    id: 'C-42',
    level: 'MUST',
    rule: 'A request that resumes after sign-in means the same as before, even if it omitted parameters. Otherwise it is refused.',
  },
  {
    id: 'C-43',
    level: 'SHOULD',
    rule: 'A response mode other than query is refused, not ignored.',
    source: 'https://openid.net/specs/oauth-v2-multiple-response-types-1_0.html#ResponseModes',
  },
  {
    id: 'C-44',
    level: 'MUST',
    rule: 'A click within half a second after the mouse enters a consent page is ignored, and so is a tap within half a second after the page appears. Keys count at once.',
    source: rfc9700('4.16'),
  },
  {
    id: 'C-45',
    level: 'SHOULD',
    rule: 'The page for an unknown client tells the user what to do in the application. A program that waits at a loopback redirect URI gets the error by a link, never by redirect.',
    source: rfc6749('4.1.2.1'),
  },
  {
    id: 'C-46',
    level: 'SHOULD',
    rule: 'A web client that opens the consent page in a popup keeps its popup. If the response goes to a private-use scheme, which no page waits for, the opener loses the popup.',
    source: 'https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policies',
  },
]
