import type { Requirement } from './requirement.js'

const rfc7009 = (section: string) => `https://www.rfc-editor.org/rfc/rfc7009.html#section-${section}`

export const revocation: readonly Requirement[] = [
  {
    id: 'H-01',
    level: 'MUST',
    rule: 'A revocation is a form from a client that authenticates as it does at the token endpoint.',
    source: rfc7009('2.1'),
  },
  {
    id: 'H-02',
    level: 'MUST',
    rule: 'The response is 200 without a body, even for an invalid token.',
    source: rfc7009('2.2'),
  },
  {
    id: 'H-03',
    level: 'MUST',
    rule: 'A request without a token is invalid_request.',
    source: rfc7009('2.2.1'),
  },
  {
    id: 'H-04',
    level: 'MUST',
    rule: 'The hint is only a hint: the token is found with a wrong one as well.',
    source: rfc7009('2.1'),
  },
  {
    id: 'H-05',
    level: 'MUST',
    rule: 'Revoking a refresh token revokes all tokens of its grant at once.',
    source: rfc7009('2.1'),
  },
  {
    id: 'H-06',
    level: 'MUST',
    rule: 'The token of another client stays valid, and the response does not reveal that it exists.',
    source: rfc7009('2.1'),
  },
  {
    id: 'H-07',
    level: 'SHOULD',
    rule: 'Access tokens can be revoked with their grant, even after they expired.',
    source: rfc7009('2'),
  },
  {
    id: 'H-08',
    level: 'MUST',
    rule: 'Nothing is revoked before the client is authenticated.',
    source: rfc7009('2.1'),
  },
  {
    id: 'H-09',
    level: 'MUST',
    rule: 'An outage is 503 with Retry-After, and the token stays valid.',
    source: rfc7009('2.2.1'),
  },
  {
    id: 'H-10',
    level: 'MAY',
    rule: 'Pages of other origins may revoke.',
    source: rfc7009('2.3'),
  },
]
