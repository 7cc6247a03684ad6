import { expect, test } from 'vitest'
import { readCookie, sessionCookie } from '../../src/http/cookie.js'
import { plainRequest } from '../harness/plain-request.js'

const read = (cookie: string | undefined) =>
  readCookie(plainRequest(cookie === undefined ? {} : { headers: { cookie } }), 'id')

test.each([
  ['id=1', '1'],
  ['a=0; id=1; b=2', '1'],
  ['a=0;id=1', '1'],
  ['id=', ''],
  ['id=a=b', 'a=b'],
  ['id="1"', '"1"'],
])('the header %s has the cookie', (cookie, value) => {
  expect(read(cookie)).toBe(value)
})

test.each([undefined, '', 'ids=1', 'aid=1', 'ID=1', 'id', 'a="; id2=1"', 'a=1,id=2'])(
  'the header %s does not have the cookie',
  (cookie) => {
    expect(read(cookie)).toBeUndefined()
  },
)

test('C-28 two cookies with one name are both ignored, because another host may have set one', () => {
  expect(read('id=1; id=2')).toBeUndefined()
  expect(read('id=1; id=1')).toBeUndefined()
})

test('C-28 L-22 a cookie is limited to the browser session, the host and HTTP', () => {
  expect(sessionCookie('__Host-id', 'x', true)).toBe('__Host-id=x; Path=/; HttpOnly; SameSite=Lax; Secure')
  expect(sessionCookie('id', 'x', false)).toBe('id=x; Path=/; HttpOnly; SameSite=Lax')
})
