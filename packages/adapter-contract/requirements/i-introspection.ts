import type { Requirement } from './requirement.js'

const rfc7662 = (section: string) => `https://www.rfc-editor.org/rfc/rfc7662.html#section-${section}`

export const introspection: readonly Requirement[] = [
  {
    id: 'I-01',
    level: 'MUST',
    rule: 'Introspection requires client authentication.',
    source: rfc7662('2.1'),
  },
  {
    id: 'I-02',
    level: 'MUST',
    rule: 'For an invalid token, the response says only that it is inactive.',
    source: rfc7662('2.2'),
  },
  {
    id: 'I-03',
    level: 'MUST',
    rule: 'A token is active only if this server signed it and it is neither expired nor revoked.',
    source: rfc7662('4'),
  },
  {
    id: 'I-04',
    level: 'SHOULD',
    rule: 'A client gets the state of its own tokens, a resource server that of all tokens for its resource, and other clients none.',
    source: rfc7662('4'),
  },
  {
    id: 'I-05',
    level: 'MUST',
    rule: 'For an active token, the response has its user, client, scopes, audience and expiry.',
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
    rule: 'A refresh token is inactive, because it is not an access token.',
    source: rfc7662('2.2'),
  },
  {
    id: 'I-08',
    level: 'MUST',
    rule: 'A resource server accepts a token only if the endpoint returns the boolean `true`. Any status but 200 is an outage.',
    source: 'https://www.rfc-editor.org/rfc/rfc7662.html#section-2.2',
  },
  {
    id: 'I-09',
    level: 'MUST',
    rule: 'The resource server still checks audience, issuer and times of an active token.',
    source: 'https://www.rfc-editor.org/rfc/rfc7662.html#section-4',
  },
  {
    id: 'I-10',
    level: 'MUST',
    rule: 'An active response is cached as long as the operator says, and never beyond the expiry of the token. An inactive one is cached for seconds.',
    source: 'https://www.rfc-editor.org/rfc/rfc7662.html#section-4',
  },
  {
    id: 'I-11',
    level: 'MUST',
    rule: 'Requests have a deadline and a size limit, their number is bounded, and no redirect is followed.',
    source: 'https://www.rfc-editor.org/rfc/rfc7662.html#section-2.1',
  },
  {
    id: 'I-12',
    level: 'MAY',
    rule: 'The response is JSON.',
    source: rfc7662('2.2'),
  },
  {
    id: 'I-13',
    level: 'MUST',
    rule: 'The token is read from a form, and no cache may store the response.',
    source: rfc7662('2.1'),
  },
  {
    id: 'I-14',
    level: 'MUST',
    rule: 'If the issuer is configured, a JWT of another issuer is refused without a request to the endpoint.',
  },
  {
    id: 'I-15',
    level: 'MUST',
    rule: 'Only configured clients learn the user of an opaque token.',
  },
]
