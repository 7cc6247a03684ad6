import type { Requirement } from './requirement.js'

export const storage: readonly Requirement[] = [
  {
    id: 'N-01',
    level: 'MUST',
    rule: 'A single-use record is removed and returned in one atomic step: of concurrent attempts, one succeeds.',
    source: 'https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.2',
  },
  {
    id: 'N-02',
    level: 'MUST',
    rule: 'A consumed code is remembered beyond its expiry, so that a replay is recognized.',
    source: 'https://www.rfc-editor.org/rfc/rfc6749.html#section-10.5',
  },
  {
    id: 'N-03',
    level: 'MUST',
    rule: 'A record is replaced only if it has not changed since it was read: of concurrent rotations, one succeeds.',
    source: 'https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1-13#section-4.3.1',
  },
  {
    id: 'N-04',
    level: 'MUST',
    rule: 'Codes, tokens and secrets are stored and looked up by their digests only.',
    source: 'https://www.rfc-editor.org/rfc/rfc9700.html#section-4.14',
  },
  {
    id: 'N-05',
    level: 'MUST',
    rule: 'A record that may be written once is written by one atomic operation, which reports whether it was the first.',
    source: 'https://www.rfc-editor.org/rfc/rfc7523.html#section-3',
  },
  {
    id: 'N-06',
    level: 'MUST',
    rule: 'If the store cannot remember that an assertion was used, the request is an outage.',
  },
  {
    id: 'N-07',
    level: 'MUST',
    rule: 'Equal IDs are separate records for each purpose and each server.',
  },
  {
    id: 'N-08',
    level: 'MUST',
    rule: 'The library enforces expiry, regardless of what the store still has.',
  },
  {
    id: 'N-09',
    level: 'MUST',
    rule: 'A refused request consumes nothing: corrected and sent again, it succeeds.',
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
    rule: 'Keys are short and opaque, regardless of what a client put into them.',
  },
  {
    id: 'N-12',
    level: 'MUST',
    rule: 'All code uses the injected time.',
  },
  {
    id: 'N-13',
    level: 'MUST',
    rule: 'A store that declares eventual consistency is refused at start.',
  },
  {
    id: 'N-14',
    level: 'MUST',
    rule: 'Stored values can be encrypted: each bound to its own key, with keys that can be replaced without signing users out.',
  },
  {
    id: 'N-15',
    level: 'MUST',
    rule: 'Secrets come from a cryptographic random generator.',
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
    rule: 'With a durable store, a server that is killed and restarted keeps its clients, tokens and keys.',
  },
  {
    id: 'N-20',
    level: 'SHOULD',
    rule: 'In production, a memory store warns once that it loses everything on restart.',
  },
]
