import { expect, test } from 'vitest'
import { fromWebRequest, pathOf, queryOf } from '../../src/http/http-request.js'

test.each([
  ['/', '/', ''],
  ['/authorize?a=1&b=2', '/authorize', 'a=1&b=2'],
  ['/authorize?', '/authorize', ''],
  ['/a?b?c', '/a', 'b?c'],
  ['/a%2Fb?x=%20', '/a%2Fb', 'x=%20'],
  ['/a?x#y', '/a', 'x'],
  ['/a#y?x', '/a', ''],
  ['https://host.example/a?x', '/a', 'x'],
  ['https://host.example?x', '/', 'x'],
  ['https://host.example', '/', ''],
  ['//host.example/a', '//host.example/a', ''],
  ['?x', '/', 'x'],
  ['', '/', ''],
])('the target %s has the path %s and the query %s', (url, path, query) => {
  expect(pathOf({ url })).toBe(path)
  expect(queryOf({ url })).toBe(query)
})

test('fromWebRequest keeps the method, the URL, the headers and the body', async () => {
  const request = fromWebRequest(
    new Request('https://a.example/x?y', { method: 'PUT', headers: { 'X-A': '1', Cookie: 'a=1' } }),
  )
  expect(request).toMatchObject({ method: 'PUT', url: 'https://a.example/x?y' })
  expect(request.header('x-a')).toBe('1')
  expect(request.header('x-b')).toBeUndefined()
  expect(await request.body.read(0)).toEqual(new Uint8Array())
  expect(request.body).not.toHaveProperty('parsed')
  request.headers().set('x-a', '2')
  expect(request.header('x-a')).toBe('1')
})
