import type { Requirement } from './requirement.js'

export const storage: readonly Requirement[] = [
  {
    id: 'N-01',
    level: 'MUST',
    rule: 'What works once is removed and answered in one atomic step: of many that try, one succeeds.',
    source: 'https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.2',
  },
  {
    id: 'N-02',
    level: 'MUST',
    rule: 'A spent code is remembered beyond its expiry, so that a replay is known for what it is.',
    source: 'https://www.rfc-editor.org/rfc/rfc6749.html#section-10.5',
  },
  {
    id: 'N-03',
    level: 'MUST',
    rule: 'A record is replaced only if nobody has changed it since it was read: of many rotations, one succeeds.',
    source: 'https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-4.3.1',
  },
  {
    id: 'N-04',
    level: 'MUST',
    rule: 'Codes, tokens and secrets are stored and looked up by their digests alone.',
    source: 'https://www.rfc-editor.org/rfc/rfc9700.html#section-4.14',
  },
  {
    id: 'N-05',
    level: 'MUST',
    rule: 'What may be written once is written by one atomic operation, which says whether it was the first.',
    source: 'https://www.rfc-editor.org/rfc/rfc7523.html#section-3',
  },
  {
    id: 'N-06',
    level: 'MUST',
    rule: 'A store that cannot remember that an assertion was used lets nobody in: that is an outage.',
  },
  {
    id: 'N-07',
    level: 'MUST',
    rule: 'One id is a record of its own for each purpose and each server.',
  },
  {
    id: 'N-08',
    level: 'MUST',
    rule: 'Expiry is enforced by the library, whatever the store still has.',
  },
  {
    id: 'N-09',
    level: 'MUST',
    rule: 'A request that fails consumes nothing: mended and sent again, it succeeds.',
  },
  {
    id: 'N-10',
    level: 'MUST',
    rule: 'Revoking a user, a client or a grant ends its codes and tokens, can be repeated, and fails as a whole.',
    source: 'https://www.rfc-editor.org/rfc/rfc9700.html#section-4.14',
  },
  {
    id: 'N-11',
    level: 'MUST',
    rule: 'Keys are short and opaque, whatever a client put into them.',
  },
  {
    id: 'N-12',
    level: 'MUST',
    rule: 'The time is the one that is injected, everywhere.',
  },
  {
    id: 'N-13',
    level: 'MUST',
    rule: 'A store that says it is only eventually consistent is refused at the start.',
  },
  {
    id: 'N-14',
    level: 'MUST',
    rule: 'What is stored can be encrypted: for its own key alone, with keys that are replaced without a sign-in.',
  },
  {
    id: 'N-15',
    level: 'MUST',
    rule: 'Secrets are made by a cryptographic generator.',
    source: 'https://www.rfc-editor.org/rfc/rfc6749.html#section-10.10',
  },
  {
    id: 'N-16',
    level: 'SHOULD',
    rule: 'Expired entries are freed a few at a time, and no request pays for a scan.',
  },
  {
    id: 'N-17',
    level: 'MUST',
    rule: 'With a store that survives it, a server that is killed and started anew goes on with its clients, tokens and keys.',
  },
  {
    id: 'N-20',
    level: 'SHOULD',
    rule: 'A store in memory says once that it forgets, where it runs in production.',
  },
]
