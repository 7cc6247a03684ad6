import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { errorResponse } from '../../src/http/error-response.js'
import { OAuthError, type OAuthErrorCode, toOAuthError, unavailable } from '../../src/oauth/oauth-error.js'

test.each<[OAuthErrorCode, number]>([
  ['invalid_request', 400],
  ['invalid_client', 401],
  ['invalid_grant', 401],
  ['unauthorized_client', 400],
  ['unsupported_grant_type', 400],
  ['invalid_scope', 400],
  ['invalid_token', 401],
  ['insufficient_scope', 403],
  ['server_error', 500],
  ['temporarily_unavailable', 503],
  ['invalid_redirect_uri', 400],
  ['invalid_client_metadata', 400],
  ['invalid_target', 400],
])('%s is %i', (code, status) => {
  expect(new OAuthError(code, 'No.').status).toBe(status)
})

test('O-04 reason and cause are never in the response', () => {
  const cause = new Error('secret-cause')
  const error = new OAuthError('invalid_grant', 'No.', { reason: 'code_replayed', cause })
  expect(error).toMatchObject({ code: 'invalid_grant', reason: 'code_replayed', cause })
  const answer = inspect(errorResponse(error))
  expect(answer).not.toContain('secret-cause')
  expect(answer).not.toContain('code_replayed')
})

test('A-17 an outage has a Retry-After', () => {
  expect(errorResponse(unavailable('store_unavailable', new Error('x')))).toMatchObject({
    status: 503,
    headers: { 'retry-after': '5' },
  })
})

test('an OAuthError stays itself, anything else becomes a server_error with a cause', () => {
  const error = new OAuthError('invalid_scope', 'No.')
  expect(toOAuthError(error)).toBe(error)
  const cause = new RangeError('x')
  expect(toOAuthError(cause)).toMatchObject({ code: 'server_error', status: 500, cause })
})

test.each<[string, string, object]>([
  ['a code that nobody knows', 'made_up', {}],
  ['a code that every object has', 'constructor', {}],
  ['the status of a success', 'access_denied', { status: 200 }],
  ['the status of a redirect', 'access_denied', { status: 302 }],
  ['a status that no answer can have', 'access_denied', { status: 1000 }],
  ['a status that is no number', 'access_denied', { status: '403' }],
  ['a wait that is no number', 'temporarily_unavailable', { retryAfter: Number.NaN }],
  ['a wait without an end', 'temporarily_unavailable', { retryAfter: Number.POSITIVE_INFINITY }],
  ['half a second', 'temporarily_unavailable', { retryAfter: 0.5 }],
  ['a wait into the past', 'temporarily_unavailable', { retryAfter: -1 }],
  ['a challenge that is two headers', 'invalid_token', { challenge: 'Bearer\r\nset-cookie: a=b' }],
])('D-15 L-12 %s is a mistake where it is made, and no answer', (_name, code, options) => {
  expect(() => new OAuthError(code as OAuthErrorCode, 'No.', options)).toThrow(TypeError)
})

test('E-02 a challenge becomes a header', () => {
  expect(errorResponse(new OAuthError('invalid_client', 'No.')).headers).not.toHaveProperty(
    'www-authenticate',
  )
  const challenge = 'Basic realm="token"'
  expect(errorResponse(new OAuthError('invalid_client', 'No.', { challenge })).headers).toHaveProperty(
    'www-authenticate',
    challenge,
  )
})
