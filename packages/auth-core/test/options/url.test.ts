import { describe, expect, test } from 'vitest'
import { checkedUrl, isLoopbackHost, joinUrl, urlOrigin, urlPath } from '../../src/options/url.js'

describe('a configured URL', () => {
  test.each([
    'https://as.example',
    'https://as.example/',
    'https://AS.example:443/Tenant1/',
    'https://as.example/a%2Fb',
    'http://localhost:3000',
    'http://127.0.0.1:3000/x',
    'http://127.1.2.3',
    'http://[::1]:3000',
    'HTTPS://as.example',
  ])('B-03 L-01 %s is returned unchanged', (url) => {
    expect(checkedUrl('issuer', url)).toBe(url)
  })

  test.each([
    ['', 'absolute'],
    ['as.example', 'absolute'],
    ['/issuer', 'absolute'],
    ['//as.example', 'absolute'],
    ['https:as.example', 'absolute'],
    ['https:/as.example', 'absolute'],
    ['https:///as.example', 'absolute'],
    ['https://', 'absolute'],
    ['ftp://as.example', 'absolute'],
    ['javascript:alert(1)', 'absolute'],
    [' https://as.example', 'absolute'],
    ['https://as.example ', 'absolute'],
    ['https://as.example/\n', 'absolute'],
    ['https://äs.example', 'absolute'],
    ['https://as.example\\x', 'absolute'],
    ['https://as.example/"', 'absolute'],
    ['https://as.example:99999', 'absolute'],
    ['https://as.example?x', 'query'],
    ['https://as.example?', 'query'],
    ['https://as.example#x', 'fragment'],
    ['https://as.example#', 'fragment'],
    ['https://user@as.example', 'user name'],
    ['https://user:secret@as.example', 'password'],
    ['https://:secret@as.example', 'password'],
    ['http://as.example', 'https'],
    ['http://localhost.example', 'https'],
    ['http://127.0.0.1.example', 'https'],
    ['http://10.0.0.1', 'https'],
  ])('B-04 L-01 %j is refused: %s', (url, word) => {
    expect(() => checkedUrl('issuer', url)).toThrow(TypeError)
    expect(() => checkedUrl('issuer', url)).toThrow(new RegExp(`^"issuer" .*${word}`))
  })

  test.each([undefined, null, 7, {}, new URL('https://as.example')])('%s is no URL string', (value) => {
    expect(() => checkedUrl('issuer', value as string)).toThrow(TypeError)
  })

  test('O-02 the error does not repeat the value, which may contain a password', () => {
    expect(() => checkedUrl('issuer', 'https://user:secret@as.example')).not.toThrow(/secret/)
  })

  test('L-01 http of other hosts needs dangerouslyAllowInsecureUrls', () => {
    expect(checkedUrl('issuer', 'http://as.internal', { allowInsecure: true })).toBe('http://as.internal')
    expect(() => checkedUrl('issuer', 'ftp://as.internal', { allowInsecure: true })).toThrow(TypeError)
  })
})

test.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['127.255.255.254', true],
  ['[::1]', true],
  ['LOCALHOST', false],
  ['localhost.', false],
  ['app.localhost', false],
  ['localhost.evil.com', false],
  ['notlocalhost', false],
  ['127.0.0.1.evil.com', false],
  ['127.evil.com', false],
  ['128.0.0.1', false],
  ['0.0.0.0', false],
  ['[::]', false],
  ['', false],
])('%j is a host of this machine: %s', (host, isLoopback) => {
  expect(isLoopbackHost(host)).toBe(isLoopback)
})

test.each([
  ['https://a.example', '/mcp', 'https://a.example/mcp'],
  ['https://a.example/', '/mcp', 'https://a.example/mcp'],
  ['https://a.example//', '//mcp', 'https://a.example/mcp'],
  ['https://a.example', 'mcp', 'https://a.example/mcp'],
  ['https://a.example/v1/', '/mcp/', 'https://a.example/v1/mcp/'],
  ['https://a.example/v1', null, 'https://a.example/v1'],
  ['https://a.example/', null, 'https://a.example'],
  ['https://a.example/', '/', 'https://a.example'],
  ['', '/mcp', '/mcp'],
])('%s and %s are %s', (base, path, joined) => {
  expect(joinUrl(base, path)).toBe(joined)
})

test.each([
  ['https://a.example', '', 'https://a.example'],
  ['https://a.example/', '', 'https://a.example'],
  ['https://A.example:443/B/', '/B/', 'https://a.example'],
  ['http://localhost:3000/a%2Fb', '/a%2Fb', 'http://localhost:3000'],
])('%s has the path %j and the origin %s', (url, path, origin) => {
  expect(urlPath(url)).toBe(path)
  expect(urlOrigin(url)).toBe(origin)
})
