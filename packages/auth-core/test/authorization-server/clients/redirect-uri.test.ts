import { describe, expect, test } from 'vitest'
import {
  isLoopbackRedirectUri,
  isSameRedirectUri,
} from '../../../src/authorization-server/clients/redirect-uri.js'
import { redirectUriProblem } from '../../../src/authorization-server/clients/redirect-uri-rules.js'
import { rulesForNamed, rulesForStrangers } from '../../harness/redirect-uri-rules.js'

const unapproved = rulesForStrangers()
const kindOf = (uri: string, rules = unapproved) => redirectUriProblem(uri, rules)?.kind

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
  ])('F-09 the redirect URI %s can be registered', (uri) => {
    for (const rules of [unapproved, rulesForNamed]) expect(redirectUriProblem(uri, rules)).toBeUndefined()
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
    ['javascript://x/%0aalert(1)', 'redirected to'],
    ['http://client.example/cb', 'loopback'],
    ['http://localhost./cb', 'private network'],
    ['http://localhost.evil.com/cb', 'loopback'],
    ['http://notlocalhost/cb', 'private network'],
    ['http://0.0.0.0/cb', 'private network'],
    ['http://10.0.0.1/cb', 'private network'],
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
    ['cursor://anysphere.cursor/cb', 'allowedRedirectUris'],
    ['com.example.app:/cb', 'allowedRedirectUris'],
    ['vscode:extension/publisher.name', 'allowedRedirectUris'],
    ['urn:ietf:wg:oauth:2.0:oob', 'allowedRedirectUris'],
    ['ftp://client.example/cb', 'allowedRedirectUris'],
    ['ws://client.example/cb', 'allowedRedirectUris'],
  ])('F-09 the redirect URI %j cannot be registered: %s', (uri, problem) => {
    expect(redirectUriProblem(uri, unapproved)?.text).toContain(problem)
  })

  test.each([
    ['javascript:alert(1)', 'malformed'],
    ['https://client.example/cb#x', 'malformed'],
    ['https://user:pw@client.example/cb', 'malformed'],
    ['http://localhost:*/cb', 'malformed'],
    ['cursor://anysphere.cursor/cb#x', 'malformed'],
    ['http://client.example/cb', 'not_allowed'],
    ['http://192.168.1.7/cb', 'not_allowed'],
    ['cursor://anysphere.cursor/cb', 'not_allowed'],
    ['urn:ietf:wg:oauth:2.0:oob', 'not_allowed'],
  ])('F-09 the redirect URI %s has a problem of the kind %s', (uri, kind) => {
    expect(kindOf(uri)).toBe(kind)
  })

  test('F-09 a listed private-use URI can be registered, and no other of its scheme', () => {
    const rules = rulesForStrangers(['cursor://anysphere.cursor-mcp/oauth/callback', 'com.example.app:/cb'])
    expect(kindOf('cursor://anysphere.cursor-mcp/oauth/callback', rules)).toBeUndefined()
    expect(kindOf('com.example.app:/cb', rules)).toBeUndefined()
    for (const uri of [
      'cursor://anysphere.cursor-deeplink/mcp/install?name=x&config=e30',
      'cursor://anysphere.cursor-mcp/oauth/callback/',
      'cursor://anysphere.cursor-mcp/oauth/callback?x=1',
      'cursor://anysphere.cursor-mcp/oauth/callback/../../install',
      'cursor://anysphere.cursor-mcp/oauth/%63allback',
      'CURSOR://anysphere.cursor-mcp/oauth/callback',
      'cursor://Anysphere.cursor-mcp/oauth/callback',
      'cursor:/anysphere.cursor-mcp/oauth/callback',
      'com.example.app:/cb2',
      'com.example.app://cb',
      'com.example.app:cb',
    ])
      expect([uri, kindOf(uri, rules)]).toEqual([uri, 'not_allowed'])
  })

  test('F-09 a prefix allows path segments below it, and nothing that leads out of it', () => {
    const rules = rulesForStrangers([
      { prefix: 'vscode://publisher.name/callback/' },
      { prefix: 'com.example.app:/' },
    ])
    for (const uri of [
      'vscode://publisher.name/callback/',
      'vscode://publisher.name/callback/5f2a',
      'vscode://publisher.name/callback/a/b.c_d~e-f/',
      'com.example.app:/oauth',
    ])
      expect([uri, kindOf(uri, rules)]).toEqual([uri, undefined])
    for (const uri of [
      'vscode://publisher.name/callback',
      'vscode://publisher.name/callbacks',
      'vscode://publisher.name/callback/../install',
      'vscode://publisher.name/callback/..',
      'vscode://publisher.name/callback/.',
      'vscode://publisher.name/callback/x/./y',
      'vscode://publisher.name/callback/%2e%2e/install',
      'vscode://publisher.name/callback/%2E./install',
      'vscode://publisher.name/callback/x%2f..',
      'vscode://publisher.name/callback//install',
      'vscode://publisher.name/callback/;x',
      'vscode://publisher.name/callback/?install=x',
      'vscode://publisher.name/callback/x?install=x',
      'vscode://publisher.name.evil/callback/x',
      'vscode://publisher.name@evil/callback/x',
      'Vscode://publisher.name/callback/x',
      'vscode:extension/publisher.name',
      'com.example.app://evil/x',
      'com.example.app:x',
      'com.example.app.evil:/x',
    ])
      expect([uri, kindOf(uri, rules) ?? 'allowed']).not.toEqual([uri, 'allowed'])
    expect(kindOf('vscode://publisher.name/callback/..\\install', rules)).toBe('malformed')
  })

  test('F-09 a configured client may have any private-use URI, and http on a private network', () => {
    for (const uri of [
      'com.example.desk:/cb',
      'desk://callback',
      'http://192.168.1.7:8080/cb',
      'http://10.0.0.1/cb',
      'http://172.16.0.1/cb',
      'http://172.31.255.1/cb',
      'http://[fd00::1]/cb',
      'http://nas/cb',
      'http://nas.local/cb',
      'http://notes.home.arpa/cb',
    ]) {
      expect([uri, kindOf(uri, rulesForNamed)]).toEqual([uri, undefined])
      expect([uri, kindOf(uri)]).toEqual([uri, 'not_allowed'])
    }
    for (const uri of [
      'http://client.example/cb',
      'http://172.32.0.1/cb',
      'http://8.8.8.8/cb',
      'desk:callback',
    ]) {
      expect([uri, kindOf(uri, rulesForNamed)]).toEqual([uri, 'not_allowed'])
    }
    for (const uri of ['javascript:alert(1)', 'data:text/html,x', 'file:///x', 'http://u@10.0.0.1/cb']) {
      expect([uri, kindOf(uri, rulesForNamed)]).toEqual([uri, 'malformed'])
    }
    expect(kindOf('http://client.example/cb', { ...rulesForNamed, http: 'any' })).toBeUndefined()
  })

  test('F-09 the hint of a refused redirect URI names the option that allows it', () => {
    expect(redirectUriProblem('cursor://x/cb', unapproved)?.hint).toContain('"allowedRedirectUris"')
    expect(redirectUriProblem('http://192.168.1.7/cb', unapproved)?.hint).toContain('"clients"')
    expect(redirectUriProblem('http://client.example/cb', unapproved)?.hint).toBeUndefined()
  })

  test.each(['code', 'state', 'iss', 'error', 'error_description', 'error_uri'])(
    'F-10 C-16 a redirect URI with the response parameter %s is refused',
    (name) => {
      for (const query of [
        name,
        `${name}=`,
        `x=1&${name}=2`,
        `%${name.charCodeAt(0).toString(16)}${name.slice(1)}=1`,
      ]) {
        expect(redirectUriProblem(`https://client.example/cb?${query}`, unapproved)?.text).toContain(
          'query parameter',
        )
      }
      expect(redirectUriProblem(`https://client.example/cb?x_${name}=1`, unapproved)).toBeUndefined()
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
  ])('C-03 the registered redirect URI %s allows %s', (registered, requested) => {
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
  ])('C-03 C-04 the registered redirect URI %s does not allow %s', (registered, requested) => {
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
])('C-05 the port of the redirect URI %s may vary: %s', (uri, mayVary) => {
  expect(isLoopbackRedirectUri(uri)).toBe(mayVary)
})
