import type { Requirement } from './requirement.js'

const rfc9110 = (section: string) => `https://www.rfc-editor.org/rfc/rfc9110.html#section-${section}`
const preflight = 'https://fetch.spec.whatwg.org/#cors-preflight-fetch'

export const transport: readonly Requirement[] = [
  {
    id: 'L-01',
    level: 'MUST',
    rule: 'An address of an authorization server that is not https is refused at start, except on loopback.',
    source:
      'https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations',
  },
  {
    id: 'L-02',
    level: 'MUST',
    rule: 'The examples refuse requests of pages from origins that are not allowed.',
    source: 'https://modelcontextprotocol.io/specification/2026-07-28/basic/transports',
  },
  {
    id: 'L-03',
    level: 'MUST',
    rule: "Pages of any origin may read the responses for clients, including errors, and never with the user's cookies.",
    source: 'https://fetch.spec.whatwg.org/#http-cors-protocol',
  },
  {
    id: 'L-04',
    level: 'MUST',
    rule: 'A preflight needs no token, at the MCP endpoint as well.',
    source: preflight,
  },
  {
    id: 'L-05',
    level: 'MUST',
    rule: 'A preflight allows, by name, every header that MCP and OAuth clients send, and those that it asks for.',
    source: preflight,
  },
  {
    id: 'L-06',
    level: 'MUST',
    rule: 'Pages may read the headers that they must act on: the challenge, nonces, Retry-After and the session.',
    source: 'https://fetch.spec.whatwg.org/#http-access-control-expose-headers',
  },
  {
    id: 'L-07',
    level: 'MUST',
    rule: 'Other origins cannot read the pages for people: sign-in and consent.',
    source: 'https://www.rfc-editor.org/rfc/rfc9700.html#section-2.6',
  },
  {
    id: 'L-08',
    level: 'MUST',
    rule: 'No cache may store responses with credentials, nor refusals.',
    source: 'https://www.rfc-editor.org/rfc/rfc6749.html#section-5.1',
  },
  {
    id: 'L-09',
    level: 'SHOULD',
    rule: 'Caches may store metadata and keys for a while.',
    source: 'https://www.rfc-editor.org/rfc/rfc9111.html#section-5.2.2',
  },
  {
    id: 'L-10',
    level: 'MUST',
    rule: "Responses of the protected endpoint vary by Authorization, in addition to the application's own policy.",
    source: 'https://www.rfc-editor.org/rfc/rfc9111.html#section-4.1',
  },
  {
    id: 'L-11',
    level: 'MUST',
    rule: 'Media types are exact and not sniffed, and pages carry a content security policy.',
    source: 'https://www.w3.org/TR/CSP3/',
  },
  {
    id: 'L-12',
    level: 'MUST',
    rule: 'No configured or requested value can add a header or break one.',
    source: rfc9110('5.5'),
  },
  {
    id: 'L-13',
    level: 'MUST',
    rule: 'The same request gets the same status, headers and body on every framework.',
  },
  {
    id: 'L-14',
    level: 'MUST',
    rule: 'A body that a parser of the application has read works like an unread one, with the same rules.',
  },
  {
    id: 'L-15',
    level: 'MUST',
    rule: 'Every cookie and header of hooks and of the application is sent.',
    source: 'https://www.rfc-editor.org/rfc/rfc6265.html#section-3',
  },
  {
    id: 'L-16',
    level: 'MUST',
    rule: 'A request with two Authorization headers is refused.',
    source: 'https://www.rfc-editor.org/rfc/rfc6750.html#section-2',
  },
  {
    id: 'L-17',
    level: 'MUST',
    rule: 'URLs follow from the configured one. Host and forwarding headers are not trusted.',
    source: rfc9110('7.2'),
  },
  {
    id: 'L-18',
    level: 'MUST',
    rule: 'Providers work below a prefix, behind a proxy that strips it, beside each other, and with endpoints elsewhere.',
    source: 'https://www.rfc-editor.org/rfc/rfc8615.html#section-3',
  },
  {
    id: 'L-19',
    level: 'MUST',
    rule: 'HEAD has no body and no side effect, and a trailing slash of a metadata path is harmless.',
    source: rfc9110('9.3.2'),
  },
  {
    id: 'L-20',
    level: 'MUST',
    rule: 'Failures and disconnected clients neither stop the process nor leave anything open.',
  },
  {
    id: 'L-21',
    level: 'MUST',
    rule: 'The output of a running tool is sent at once.',
    source: 'https://modelcontextprotocol.io/specification/2026-07-28/basic/transports',
  },
  {
    id: 'L-22',
    level: 'SHOULD',
    rule: 'Cookies are Secure if the issuer is https, regardless of the last hop.',
    source: 'https://www.rfc-editor.org/rfc/rfc6265.html#section-4.1.2.5',
  },
  {
    id: 'L-23',
    level: 'MUST',
    rule: 'Too many requests get 429 with Retry-After, as JSON for clients and as a page for people. The application states the address of a request.',
    source: 'https://www.rfc-editor.org/rfc/rfc6585.html#section-4',
  },
  {
    id: 'L-24',
    level: 'MUST',
    rule: 'The body of a refusal is JSON or empty, for every method.',
    source: 'https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization',
  },
  {
    id: 'L-25',
    level: 'MUST',
    rule: "Tools and hooks get the same values on every framework: the verified token, and the framework's own request.",
  },
  {
    id: 'L-26',
    level: 'MUST',
    rule: 'The core imports nothing from Node: it bundles for a browser.',
  },
  {
    id: 'L-27',
    level: 'MUST',
    rule: 'The authorization server and its resource servers may be processes that share nothing but URLs.',
    source: 'https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization',
  },
  {
    id: 'L-28',
    level: 'MUST',
    rule: 'A page of another site that sends a browser here repeatedly uses up nothing that the user of that browser needs elsewhere.',
  },
  {
    id: 'L-32',
    level: 'MUST',
    rule: 'The MCP endpoint has one URL, that of its metadata. Clients with one slash too many or too few are redirected there, and neither Host nor the case of the host changes it.',
    source: rfc9110('15.4.9'),
  },
]
