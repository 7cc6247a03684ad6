import { describe, expect, test } from 'vitest'
import {
  cacheableJson,
  fromWebResponse,
  noStoreEmpty,
  noStoreJson,
  redirect,
  toWebResponse,
} from '../../src/http/http-response.js'

describe('as a web response', () => {
  test('L-15 toWebResponse keeps several fields of one name', async () => {
    const cookies = ['a=1; Path=/', 'b=2; Expires=Wed, 01 Jan 2031 00:00:00 GMT']
    const response = toWebResponse({
      status: 200,
      headers: { 'set-cookie': cookies, vary: ['a', 'b'] },
      body: 'x',
    })
    expect(response.headers.getSetCookie()).toEqual(cookies)
    expect(response.headers.get('vary')).toBe('a, b')
    expect(await response.text()).toBe('x')
  })

  test.each([204, 304])('toWebResponse gives the status %i no body', (status) => {
    expect(toWebResponse({ status, headers: {} }).body).toBeNull()
  })
})

describe('of a web response', () => {
  test('L-15 fromWebResponse keeps cookies as separate fields and changes nothing else', async () => {
    const headers = new Headers({ 'content-type': 'text/html', 'x-a': '1' })
    headers.append('set-cookie', 'a=1')
    headers.append('set-cookie', 'b=2, 3')
    expect(await fromWebResponse(new Response('<p>ü</p>', { status: 201, headers }))).toEqual({
      status: 201,
      headers: { 'content-type': 'text/html', 'x-a': '1', 'set-cookie': ['a=1', 'b=2, 3'] },
      body: '<p>ü</p>',
    })
  })

  test('fromWebResponse gives a redirect no body', async () => {
    const response = Response.redirect('https://a.example/login', 303)
    expect(await fromWebResponse(response)).toEqual({
      status: 303,
      headers: { location: 'https://a.example/login' },
      body: undefined,
    })
  })

  test('fromWebResponse throws a TypeError for a response that cannot be sent', async () => {
    await expect(fromWebResponse(Response.error())).rejects.toThrow(TypeError)
  })
})

describe('caching headers', () => {
  const noStore = { 'cache-control': 'no-store', pragma: 'no-cache' }
  const jsonType = { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' }

  test('L-08 L-11 credentials and errors must not be cached', () => {
    expect(noStoreJson(400, { a: 1 }, { 'x-a': '1' })).toEqual({
      status: 400,
      headers: { ...jsonType, ...noStore, 'x-a': '1' },
      body: '{"a":1}',
    })
    expect(noStoreEmpty(200)).toEqual({ status: 200, headers: noStore })
  })

  test('L-09 L-11 public documents may be cached for an hour', () => {
    expect(cacheableJson({ a: 1 })).toEqual({
      status: 200,
      headers: { ...jsonType, 'cache-control': 'public, max-age=3600' },
      body: '{"a":1}',
    })
  })

  test('O-08 L-08 a redirect must not be cached and sends no referrer', () => {
    expect(redirect(303, 'https://c.example/cb?code=x')).toEqual({
      status: 303,
      headers: { ...noStore, location: 'https://c.example/cb?code=x', 'referrer-policy': 'no-referrer' },
    })
  })
})
