import type { Requirement } from './requirement.js'

export const outbound: readonly Requirement[] = [
  {
    id: 'M-01',
    level: 'MUST',
    rule: 'What a client names is fetched over https alone, at the default port.',
    source: 'https://modelcontextprotocol.io/specification/2026-07-28/basic/security_best_practices',
  },
  {
    id: 'M-02',
    level: 'MUST',
    rule: 'What a client names is not fetched from an address that is private, local, reserved or an embedding of such.',
    source: 'https://modelcontextprotocol.io/specification/2026-07-28/basic/security_best_practices',
  },
  {
    id: 'M-03',
    level: 'MUST',
    rule: 'All addresses that a name has are checked, and the connection goes to a checked one.',
    source: 'https://modelcontextprotocol.io/specification/2026-07-28/basic/security_best_practices',
  },
  {
    id: 'M-04',
    level: 'MUST',
    rule: 'An address is recognised in every spelling that a URL parser accepts.',
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
    rule: 'One deadline covers the whole exchange, the body included; and finding an issuer’s keys together with fetching them.',
  },
  {
    id: 'M-07',
    level: 'MUST',
    rule: 'No more of a body is read than the limit, counted after decompression.',
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
    rule: 'What is fetched must be JSON of the expected shape and a sensible depth, and no name in it touches a prototype.',
  },
  {
    id: 'M-10',
    level: 'MUST',
    rule: 'Many requests at once make one fetch, and a failed one is not repeated at every request.',
  },
  {
    id: 'M-11',
    level: 'MUST',
    rule: 'Of a fetch that went wrong, others than the operator are told what anybody could find out by asking the website: a host that must not be asked looks like one that is down.',
    source: 'https://modelcontextprotocol.io/specification/2026-07-28/basic/security_best_practices',
  },
  {
    id: 'M-12',
    level: 'MUST',
    rule: 'Where the address of a connection cannot be chosen, nothing that a client names is fetched unless the application says how; local names and addresses never are.',
    source: 'https://modelcontextprotocol.io/specification/2026-07-28/basic/security_best_practices',
  },
  {
    id: 'M-13',
    level: 'MUST',
    rule: 'A URL of the configuration may be at a private address, and the other limits hold for it.',
  },
  {
    id: 'M-14',
    level: 'MUST',
    rule: 'A fetch of the application is used under the same limits.',
  },
  {
    id: 'M-15',
    level: 'MUST',
    rule: 'Keys are fetched again when they are old; made-up key ids make one fetch in half a minute at most.',
  },
  {
    id: 'M-16',
    level: 'MUST',
    rule: 'A key that cannot be used is skipped, and does not spoil the ones beside it.',
    source: 'https://www.rfc-editor.org/rfc/rfc7517.html#section-5',
  },
  {
    id: 'M-17',
    level: 'SHOULD',
    rule: 'A proxy is used where the application says so, and never because of the environment; while it is not there, nothing is fetched another way.',
  },
  {
    id: 'M-18',
    level: 'MUST',
    rule: 'A fetch that this server does not make, because it makes too many, says nothing of the one that was not asked: what should be fetched again counts for minutes longer at most, and strangers cannot use up what is for clients that users have allowed.',
  },
]
