import { describe, expect, test } from 'vitest'
import {
  isLoopbackRedirectUri,
  isSameRedirectUri,
  redirectUriProblem,
} from '../../src/authorization-server/redirect-uri.js'

describe('registration', () => {
  test.each([
    'https://client.example/cb',
    'https://client.example',
    'https://client.example:8443/cb?x=1&y',
    'https://client.example/cb?',
    'http://localhost/cb',
    'http://localhost:3000/cb',
    'http://127.0.0.1:51004/cb',
    'http://127.0.0.2/cb',
    'http://[::1]:3000/cb',
    'https://localhost:3000/cb',
  ])('F-09 %s can be registered', (uri) => {
    expect(redirectUriProblem(uri, [])).toBeUndefined()
  })

  test.each([
    ['javascript:alert(1)', 'redirected to'],
    ['JavaScript:alert(1)', 'redirected to'],
    ['java\tscript:alert(1)', 'characters'],
    ['data:text/html,x', 'redirected to'],
    ['vbscript:x', 'redirected to'],
    ['file:///etc/passwd', 'redirected to'],
    ['blob:https://a.example/x', 'redirected to'],
    ['about:blank', 'redirected to'],
    ['filesystem:https://a.example/x', 'redirected to'],
    ['view-source:https://a.example', 'redirected to'],
    ['', 'absolute'],
    ['/cb', 'absolute'],
    ['//client.example/cb', 'absolute'],
    ['client.example/cb', 'absolute'],
    ['https:client.example/cb', 'absolute'],
    ['https:/client.example/cb', 'absolute'],
    ['https:///client.example/cb', 'absolute'],
    ['https://', 'absolute'],
    ['http://localhost:99999/cb', 'absolute'],
    ['http://client.example/cb', 'loopback'],
    ['http://localhost./cb', 'loopback'],
    ['http://localhost.evil.com/cb', 'loopback'],
    ['http://notlocalhost/cb', 'loopback'],
    ['http://0.0.0.0/cb', 'loopback'],
    ['http://10.0.0.1/cb', 'loopback'],
    ['https://client.example/cb#', 'fragment'],
    ['https://client.example/cb#x', 'fragment'],
    ['http://localhost:1/cb#x', 'fragment'],
    ['https://*.client.example/cb', 'wildcard'],
    ['https://client.example/*', 'wildcard'],
    ['http://localhost:*/cb', 'absolute'],
    ['https://user@client.example/cb', 'user information'],
    ['https://user:pw@client.example/cb', 'user information'],
    ['https://:pw@client.example/cb', 'user information'],
    ['https://@client.example/cb', 'user information'],
    ['http://localhost@evil.com/cb', 'user information'],
    ['https://client.example\\@evil.example/cb', 'characters'],
    ['https://evil.com\\.client.example/cb', 'characters'],
    ['https://client.example/a b', 'characters'],
    ['https://client.example/\r\nx', 'characters'],
    ['https://client.example/"', 'characters'],
    ['https://client.example/<script>', 'characters'],
    ['https://clïent.example/cb', 'characters'],
    [' https://client.example/cb', 'characters'],
    [`https://client.example/${'x'.repeat(2048)}`, 'too long'],
    ['cursor://anysphere.cursor/cb', 'scheme'],
    ['com.example.app:/cb', 'scheme'],
    ['ftp://client.example/cb', 'scheme'],
    ['ws://client.example/cb', 'scheme'],
  ])('F-09 %j cannot: %s', (uri, problem) => {
    expect(redirectUriProblem(uri, [])).toContain(problem)
  })

  test('F-09 a scheme that the operator allows can be registered, and no other', () => {
    const schemes = ['cursor', 'com.example.app']
    expect(redirectUriProblem('cursor://anysphere.cursor/cb', schemes)).toBeUndefined()
    expect(redirectUriProblem('CURSOR://anysphere.cursor/cb', schemes)).toBeUndefined()
    expect(redirectUriProblem('com.example.app:/cb', schemes)).toBeUndefined()
    expect(redirectUriProblem('cursorx://cb', schemes)).toContain('scheme')
    expect(redirectUriProblem('cursor://user@host/cb', schemes)).toContain('user information')
    expect(redirectUriProblem('cursor://host/cb#x', schemes)).toContain('fragment')
  })

  test('F-09 schemes that run code stay refused, whatever the operator says', () => {
    expect(redirectUriProblem('javascript:alert(1)', ['javascript'])).toBeDefined()
    expect(redirectUriProblem('data:text/html,x', ['data'])).toBeDefined()
    expect(redirectUriProblem('http://client.example/cb', ['http'])).toBeDefined()
  })

  test.each(['code', 'state', 'iss', 'error', 'error_description', 'error_uri'])(
    'F-10 C-16 a query parameter called %s would be there twice',
    (name) => {
      for (const query of [
        name,
        `${name}=`,
        `x=1&${name}=2`,
        `%${name.charCodeAt(0).toString(16)}${name.slice(1)}=1`,
      ]) {
        expect(redirectUriProblem(`https://client.example/cb?${query}`, [])).toContain('query parameter')
      }
      expect(redirectUriProblem(`https://client.example/cb?x_${name}=1`, [])).toBeUndefined()
    },
  )
})

describe('comparison', () => {
  test.each([
    ['https://client.example/cb', 'https://client.example/cb'],
    ['https://client.example/cb?x=1', 'https://client.example/cb?x=1'],
    ['cursor://x/cb', 'cursor://x/cb'],
    ['http://127.0.0.1:1/cb', 'http://127.0.0.1:2/cb'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:2/cb'],
    ['http://localhost:3000/callback', 'http://localhost:51353/callback'],
    ['http://localhost/callback', 'http://localhost:51353/callback'],
    ['http://[::1]:1/cb?x=1', 'http://[::1]:2/cb?x=1'],
    ['http://localhost:1', 'http://localhost:65535'],
  ])('C-03 %s lets %s', (registered, requested) => {
    expect(isSameRedirectUri(registered, requested)).toBe(true)
  })

  test.each([
    ['https://client.example/cb', 'https://client.example/cb/'],
    ['https://client.example/cb', 'https://client.example/CB'],
    ['https://client.example/cb', 'https://CLIENT.example/cb'],
    ['https://client.example/cb', 'https://client.example:443/cb'],
    ['https://client.example/cb', 'https://client.example/cb?x=1'],
    ['https://client.example/cb?x=1', 'https://client.example/cb'],
    ['https://client.example/cb', 'https://client.example/cb#x'],
    ['https://client.example/cb', 'https://client.example/c%62'],
    ['https://client.example/cb', 'https://client.example/x/../cb'],
    ['https://client.example/cb', 'https://client.example/cb/../steal'],
    ['https://client.example/cb', 'https://user@client.example/cb'],
    ['https://client.example/cb', 'https://client.example.evil.com/cb'],
    ['https://client.example/cb', 'https://sub.client.example/cb'],
    ['https://client.example/cb', 'http://client.example/cb'],
    ['https://client.example/cb', 'https://client.example\\@evil.com/cb'],
    ['https://client.example:1/cb', 'https://client.example:2/cb'],
    ['http://127.0.0.1:1/cb', 'http://127.0.0.1:2/cb2'],
    ['http://127.0.0.1:1/cb', 'http://127.0.0.1:2/CB'],
    ['http://127.0.0.1:1/cb', 'http://127.0.0.1:2/c%62'],
    ['http://127.0.0.1:1/cb', 'http://127.0.0.1:2/cb?x=1'],
    ['http://127.0.0.1:1/cb', 'http://127.0.0.1:2/cb#x'],
    ['http://127.0.0.1:1/cb', 'http://127.0.0.1:2@evil/cb'],
    ['http://127.0.0.1:1/cb', 'http://user@127.0.0.1:2/cb'],
    ['http://127.0.0.1:1/cb', 'http://127.0.0.1.evil:2/cb'],
    ['http://127.0.0.1:1/cb', 'http://127.0.0.1:2\\@evil/cb'],
    ['http://127.0.0.1:1/cb', 'http://localhost:1/cb'],
    ['http://localhost:1/cb', 'http://[::1]:1/cb'],
    ['http://127.0.0.1:1/cb', 'http://127.0.0.2:1/cb'],
    ['http://127.0.0.1:1/cb', 'http://127.1:1/cb'],
    ['http://127.0.0.1:1/cb', 'http://0x7f.1:1/cb'],
    ['http://127.0.0.1:1/cb', 'https://127.0.0.1:2/cb'],
    ['https://localhost:1/cb', 'https://localhost:2/cb'],
    ['http://localhost:1/cb', 'http://LOCALHOST:2/cb'],
    ['http://localhost:1/cb', 'HTTP://localhost:2/cb'],
    ['http://localhost:1/cb', 'http://localhost.:2/cb'],
    ['http://localhost:1/cb', 'http://localhost:99999/cb'],
    ['http://localhost:1/cb', 'http://localhost:2a/cb'],
    ['http://localhost:1/cb', 'http://localhost:/cb'],
    ['http://localhost:1', 'http://localhost:2/'],
    ['http://localhost:1/cb', ''],
  ])('C-03 C-04 %s does not let %s', (registered, requested) => {
    expect(isSameRedirectUri(registered, requested)).toBe(false)
  })
})

test.each([
  ['http://127.0.0.1/cb', true],
  ['http://localhost:3000/cb', true],
  ['http://[::1]/cb', true],
  ['https://localhost/cb', false],
  ['http://client.example/cb', false],
  ['cursor://localhost/cb', false],
])('C-05 the port of %s may vary: %s', (uri, mayVary) => {
  expect(isLoopbackRedirectUri(uri)).toBe(mayVary)
})
