import { expect, test } from 'vitest'
import { browserRequest } from '../../../src/authorization-server/authorization/browser-request.js'
import { plainRequest } from '../../harness/plain-request.js'

const server = { urls: { authorize: 'https://notes.example/authorize' } }

test.each([
  '/authorize?a=b',
  '//authorize?a=b',
  'https://evil.example/authorize?a=b',
  '//evil.example/authorize?a=b',
  '/\\evil.example/authorize?a=b',
  '\\\\evil.example/authorize?a=b',
  '/\t/evil.example/authorize?a=b',
  '',
])('A-46 L-17 hooks receive a request with the public host when the request target is %j', (url) => {
  const request = browserRequest({ server, http: plainRequest({ url }) })
  expect(new URL(request.url).origin).toBe('https://notes.example')
  expect(request.url.endsWith('?a=b')).toBe(url !== '')
})
