import type { Requirement } from './requirement.js'

export const outbound: readonly Requirement[] = [
  {
    id: 'M-01',
    level: 'MUST',
    rule: 'URLs that a client names are fetched over https only, at the default port.',
    source: 'https://modelcontextprotocol.io/specification/2026-07-28/basic/security_best_practices',
  },
  {
    id: 'M-02',
    level: 'MUST',
    rule: 'URLs that a client names are not fetched from private, local or reserved addresses, or addresses that embed one.',
    source: 'https://modelcontextprotocol.io/specification/2026-07-28/basic/security_best_practices',
  },
  {
    id: 'M-03',
    level: 'MUST',
    rule: 'All addresses of a name are checked, and the connection uses a checked one.',
    source: 'https://modelcontextprotocol.io/specification/2026-07-28/basic/security_best_practices',
  },
  {
    id: 'M-04',
    level: 'MUST',
    rule: 'An address is recognized in every spelling that a URL parser accepts.',
    source: 'https://modelcontextprotocol.io/specification/2026-07-28/basic/security_best_practices',
  },
  {
    id: 'M-05',
    level: 'MUST',
    rule: 'A redirect is a failure, and is not followed.',
    source: 'https://modelcontextprotocol.io/specification/2026-07-28/basic/security_best_practices',
  },
  {
    id: 'M-06',
    level: 'MUST',
    rule: "One deadline covers the whole exchange, including the body. Discovery and the fetch of an issuer's keys share one deadline.",
  },
  {
    id: 'M-07',
    level: 'MUST',
    rule: 'A body is read up to its limit, counted after decompression.',
    source:
      'https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-00#section-6.6',
  },
  {
    id: 'M-08',
    level: 'MUST',
    rule: 'A request carries no cookies, no credentials and no referrer, and asks for JSON.',
  },
  {
    id: 'M-09',
    level: 'MUST',
    rule: 'A fetched document must be JSON of the expected shape and depth, and no name in it touches a prototype.',
  },
  {
    id: 'M-10',
    level: 'MUST',
    rule: 'Concurrent requests cause one fetch, and a failed fetch is not repeated for every request.',
  },
  {
    id: 'M-11',
    level: 'MUST',
    rule: 'Callers other than the operator learn about a failed fetch only what they could find out from the website: a forbidden host looks like one that is down.',
    source: 'https://modelcontextprotocol.io/specification/2026-07-28/basic/security_best_practices',
  },
  {
    id: 'M-12',
    level: 'MUST',
    rule: 'If the address of a connection cannot be chosen, URLs that a client names are fetched only by a fetch that the application provides, and local names and addresses never.',
    source: 'https://modelcontextprotocol.io/specification/2026-07-28/basic/security_best_practices',
  },
  {
    id: 'M-13',
    level: 'MUST',
    rule: 'A configured URL may have a private address. The other limits apply to it.',
  },
  {
    id: 'M-14',
    level: 'MUST',
    rule: 'A fetch that the application provides is used under the same limits.',
  },
  {
    id: 'M-15',
    level: 'MUST',
    rule: 'Keys are fetched again when they are old. Invented key IDs cause at most one fetch in half a minute.',
  },
  {
    id: 'M-16',
    level: 'MUST',
    rule: 'An unusable key is skipped, and the other keys still work.',
    source: 'https://www.rfc-editor.org/rfc/rfc7517.html#section-5',
  },
  {
    id: 'M-17',
    level: 'SHOULD',
    rule: 'A proxy is used if the application configures it, and never because of the environment. While the proxy is down, nothing is fetched around it.',
  },
  {
    id: 'M-18',
    level: 'MUST',
    rule: 'A fetch that is skipped at the local limit extends the use of old copies by minutes at most, and unapproved clients cannot use up the fetches of approved ones.',
  },
]
