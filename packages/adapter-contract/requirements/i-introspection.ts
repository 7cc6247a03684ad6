import type { Requirement } from './requirement.js'

const rfc7662 = (section: string) => `https://www.rfc-editor.org/rfc/rfc7662.html#section-${section}`

export const introspection: readonly Requirement[] = [
  {
    id: 'I-01',
    level: 'MUST',
    rule: 'Nobody may introspect without authentication.',
    source: rfc7662('2.1'),
  },
  {
    id: 'I-02',
    level: 'MUST',
    rule: 'Of a token that is not good, nothing is said but that.',
    source: rfc7662('2.2'),
  },
  {
    id: 'I-03',
    level: 'MUST',
    rule: 'A token is active only if it is signed here, current and not revoked.',
    source: rfc7662('4'),
  },
  {
    id: 'I-04',
    level: 'SHOULD',
    rule: 'A client is told of its own tokens, one that serves a resource of all tokens for it, and nobody of others.',
    source: rfc7662('4'),
  },
  {
    id: 'I-05',
    level: 'MUST',
    rule: 'Of an active token, the answer says whose it is, for what, for whom and how long.',
    source: rfc7662('2.2'),
  },
  {
    id: 'I-06',
    level: 'MUST',
    rule: 'A client without a secret may not introspect.',
    source: rfc7662('4'),
  },
  {
    id: 'I-07',
    level: 'MUST',
    rule: 'A refresh token is inactive, and no access token.',
    source: rfc7662('2.2'),
  },
  {
    id: 'I-08',
    level: 'MUST',
    rule: 'A resource server takes a token for good only when the endpoint says the boolean `true`; anything but a 200 is an outage.',
    source: 'https://www.rfc-editor.org/rfc/rfc7662.html#section-2.2',
  },
  {
    id: 'I-09',
    level: 'MUST',
    rule: 'Audience, issuer and times of an active token are still checked by the resource server.',
    source: 'https://www.rfc-editor.org/rfc/rfc7662.html#section-4',
  },
  {
    id: 'I-10',
    level: 'MUST',
    rule: 'A good answer is used again only as long as the operator says, and never beyond the token; a refusal for seconds.',
    source: 'https://www.rfc-editor.org/rfc/rfc7662.html#section-4',
  },
  {
    id: 'I-11',
    level: 'MUST',
    rule: 'The question is bounded in time and size, questions in their number, and no redirect is followed.',
    source: 'https://www.rfc-editor.org/rfc/rfc7662.html#section-2.1',
  },
  {
    id: 'I-12',
    level: 'MAY',
    rule: 'The answer is JSON.',
    source: rfc7662('2.2'),
  },
  {
    id: 'I-13',
    level: 'MUST',
    rule: 'The token is read from a form, and nobody may keep the answer.',
    source: rfc7662('2.1'),
  },
  {
    id: 'I-14',
    level: 'MUST',
    rule: 'Where the issuer is configured, a JWT that names another one is refused, and the endpoint does not see it.',
  },
  {
    id: 'I-15',
    level: 'MUST',
    rule: 'Who the user of an opaque token is, only clients learn that the operator configured.',
  },
]
