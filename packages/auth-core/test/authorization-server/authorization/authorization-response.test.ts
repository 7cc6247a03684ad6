import { expect, test } from 'vitest'
import {
  AuthorizationError,
  asAuthorizationError,
  authorizationResponse,
  authorizationResponseUrl,
  type ResponseTarget,
} from '../../../src/authorization-server/authorization/authorization-response.js'
import { OAuthError, unavailable } from '../../../src/oauth/oauth-error.js'

const server = { issuer: 'https://as.example/tenant/' }
const iss = 'iss=https%3A%2F%2Fas.example%2Ftenant%2F'

const target: ResponseTarget = {
  clientId: 'c',
  clientOrigin: 'registration',
  redirectUri: 'https://client.example/cb',
  state: 's',
  userWasAsked: false,
}

function locationFor(redirectUri: string, state?: string) {
  return authorizationResponseUrl(server, { redirectUri, state }, { code: 'c' })
}

test.each([
  ['https://client.example/cb', `https://client.example/cb?code=c&state=s&${iss}`],
  ['https://client.example', `https://client.example?code=c&state=s&${iss}`],
  ['https://client.example/cb?x=1', `https://client.example/cb?x=1&code=c&state=s&${iss}`],
  ['https://client.example/cb?', `https://client.example/cb?code=c&state=s&${iss}`],
  ['https://client.example/cb?x&', `https://client.example/cb?x&code=c&state=s&${iss}`],
  ['https://client.example/cb?x?', `https://client.example/cb?x?&code=c&state=s&${iss}`],
  ['https://client.example/cb?x=1?', `https://client.example/cb?x=1?&code=c&state=s&${iss}`],
  ['https://client.example/cb??', `https://client.example/cb??&code=c&state=s&${iss}`],
  ['https://client.example/cb?x=%20+a;b', `https://client.example/cb?x=%20+a;b&code=c&state=s&${iss}`],
  ['http://127.0.0.1:1/cb', `http://127.0.0.1:1/cb?code=c&state=s&${iss}`],
  ['com.example.app:/cb', `com.example.app:/cb?code=c&state=s&${iss}`],
])('C-14 C-15 an authorization response keeps every byte of the redirect URI %s', (redirectUri, location) => {
  expect(locationFor(redirectUri, 's')).toBe(location)
})

test.each(['a b+&=%#/?ü"\'', '\u2028', ' ', '%41', '{"a":1}'])(
  'C-13 an authorization response returns the state %j unchanged',
  (state) => {
    const location = new URL(locationFor('https://client.example/cb', state))
    expect(location.searchParams.getAll('state')).toEqual([state])
    expect(location.searchParams.getAll('iss')).toEqual([server.issuer])
    expect(location.hash).toBe('')
  },
)

test('C-13 an authorization response has no state if the request had none', () => {
  expect(locationFor('https://client.example/cb')).toBe(`https://client.example/cb?code=c&${iss}`)
})

test.each([
  ['GET', 302],
  ['POST', 303],
])(
  'C-25 the redirect after a %s has the status %i, so that the browser follows it with GET',
  (method, status) => {
    const { status: answered, headers } = authorizationResponse({ server, http: { method } }, target, {
      code: 'c',
    })
    expect([answered, headers['location']]).toEqual([status, locationFor(target.redirectUri, 's')])
  },
)

test('C-34 a failure after the checks becomes a server_error for the client without details', async () => {
  const failed = asAuthorizationError(target, () => Promise.reject(new Error('secret detail')))
  await expect(failed).rejects.toMatchObject({ code: 'server_error', target })
  await expect(failed).rejects.not.toThrow(/secret/)
  expect(await asAuthorizationError(target, async () => 'fine')).toBe('fine')
})

test('C-34 an outage stays temporarily_unavailable, and codes of other endpoints become server_error', () => {
  const outage = new AuthorizationError(unavailable('store_unavailable'), target)
  expect(outage).toMatchObject({ code: 'temporarily_unavailable', status: 503, retryAfter: 5 })
  const foreign = new OAuthError('invalid_token', 'x', { status: 401, challenge: 'Bearer', retryAfter: 1 })
  const failure = new AuthorizationError(foreign, target)
  expect(failure).toMatchObject({ code: 'server_error', status: 500 })
  expect([failure.challenge, failure.retryAfter]).toEqual([undefined, undefined])
})
