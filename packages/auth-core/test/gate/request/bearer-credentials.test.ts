import { expect, test } from 'vitest'
import { readBearerCredentials } from '../../../src/gate/request/bearer-credentials.js'

test.each([
  // The example of RFC 6750 section 2.1.
  ['Bearer mF_9.B5f-4.1JqM', 'mF_9.B5f-4.1JqM'],
  ['bearer mF_9.B5f-4.1JqM', 'mF_9.B5f-4.1JqM'],
  ['BEARER mF_9.B5f-4.1JqM', 'mF_9.B5f-4.1JqM'],
  ['Bearer   spaces-before', 'spaces-before'],
  ['Bearer spaces-after  ', 'spaces-after'],
  ['Bearer abc+/~._-09==', 'abc+/~._-09=='],
])('A-05 %j has a token', (authorization, token) => {
  expect(readBearerCredentials(authorization)).toEqual({ kind: 'token', token })
})

test.each([
  undefined,
  '',
  'Basic YWxpY2U6c2VjcmV0',
  'DPoP abc',
  'Bearerabc',
  'Bearers abc',
  'Bearer-abc def',
  'Basic YWxpY2U6c2VjcmV0, Basic bearer',
  ' Bearer abc',
])('A-04 %j counts as no credentials', (authorization) => {
  expect(readBearerCredentials(authorization)).toEqual({ kind: 'none' })
})

test.each([
  'Bearer',
  'Bearer ',
  'Bearer ä',
  'Bearer a"b',
  'Bearer a=b',
  'Bearer =',
  'Bearer {"a":1}',
  'Bearer\tabc',
  'Bearer,abc',
])('A-06 %j is a malformed token', (authorization) => {
  expect(readBearerCredentials(authorization)).toEqual({ kind: 'malformed', error: 'invalid_token' })
})

test.each([
  'Bearer a b',
  'Bearer a, Bearer b',
  'Bearer a,b',
  'Bearer a, Basic YWxpY2U6c2VjcmV0',
  'Basic YWxpY2U6c2VjcmV0, Bearer a',
  'DPoP a,bearer b',
  'Basic YWxpY2U6c2VjcmV0,\tBearer a',
])('A-06 L-16 %j is an invalid request with several tokens', (authorization) => {
  expect(readBearerCredentials(authorization)).toEqual({ kind: 'malformed', error: 'invalid_request' })
})

test('A-20 a header of more than 16 KiB is refused without a search for a token', () => {
  const longest = `Bearer ${'a'.repeat(16 * 1024 - 'Bearer '.length)}`
  expect(readBearerCredentials(longest)).toMatchObject({ kind: 'token' })
  expect(readBearerCredentials(`${longest}a`)).toEqual({ kind: 'malformed', error: 'invalid_token' })
  expect(readBearerCredentials(`Bearer ${'a '.repeat(2 ** 20)}`)).toMatchObject({ error: 'invalid_token' })
})
