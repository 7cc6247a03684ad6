import { expect, test } from 'vitest'
import { isFailedProof } from '../../src/authorization-server/client-authentication/authenticate-client.js'
import { OAuthError, unavailable } from '../../src/oauth/oauth-error.js'

test.each([
  ['a refused client', new OAuthError('invalid_client', 'No.'), true],
  ['a proof that only what is known no more explains', unavailable('client_unproven'), true],
  ['a made-up key that nobody has looked for yet', unavailable('key_not_looked_up'), true],
  ['a store that is down', unavailable('store_unavailable'), false],
  ['an outage without a reason', new OAuthError('temporarily_unavailable', 'No.'), false],
  ['a bad request', new OAuthError('invalid_request', 'No.'), false],
  ['a mistake of ours', new TypeError('oh'), false],
])('E-25 %s counts as a failed attempt: %s', (_what, error, expected) => {
  expect(isFailedProof(error)).toBe(expected)
})
