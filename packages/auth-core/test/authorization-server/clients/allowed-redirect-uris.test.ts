import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  type AllowedRedirectUri,
  checkedRedirectUris,
  isAllowedRedirectUri,
} from '../../../src/authorization-server/clients/allowed-redirect-uris.js'
import { malformation } from '../../../src/authorization-server/clients/redirect-uri.js'
import { wellKnownRedirectUris } from '../../../src/authorization-server/clients/well-known-redirect-uris.js'

const checked = (allowedRedirectUris: unknown) =>
  checkedRedirectUris({
    allowedRedirectUris: allowedRedirectUris as AllowedRedirectUri[],
    wellKnownRedirectUris: false,
  })

describe('the option', () => {
  test.each<[AllowedRedirectUri]>([
    ['cursor://anysphere.cursor-mcp/oauth/callback'],
    ['com.example.app:/callback'],
    ['raycast://oauth?package_name=Extension'],
    [{ prefix: 'vscode://publisher.name/' }],
    [{ prefix: 'vscode://publisher.name/mcp-auth/callback/' }],
    [{ prefix: 'com.example.app:/' }],
    [{ prefix: 'com.example.app://auth/' }],
  ])('F-09 allowedRedirectUris accepts %j', (allowed) => {
    expect(checked([allowed])).toEqual([allowed])
  })

  test.each([
    'cursor',
    'cursor:',
    'cursor://',
    'com.example.app:/',
    'vscode:extension/x',
    'Cursor://auth/cb',
    'javascript:alert(1)',
    'javascript://x/%0aalert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'cursor://auth/cb#x',
    'cursor://auth/*',
    'cursor://user@auth/cb',
    'cursor://auth/cb?code=x',
    '',
    7,
    null,
  ])('F-09 allowedRedirectUris refuses %j with a TypeError', (allowed) => {
    expect(() => checked([allowed])).toThrow(/^OAuthProvider: "allowedRedirectUris" must/)
  })

  test.each(['https://client.example/cb', 'http://192.168.1.7/cb', 'HTTP://localhost/cb'])(
    'F-09 allowedRedirectUris refuses %s with a TypeError that names "clients"',
    (uri) => {
      expect(() => checked([uri])).toThrow(/always allowed.*"clients"/)
    },
  )

  test.each([
    'cursor://',
    'cursor:/',
    'cursor:',
    'vscode://publisher.name',
    'vscode://publisher.name/callback',
    'vscode://publisher.name/callback?',
    'vscode://publisher.name/callback?x=/',
    'vscode://publisher.name/callback#/',
    'vscode://publisher.name/../',
    'vscode://../x/',
    'vscode://publisher.name/%2e%2e/',
    'vscode://publisher.name\\x/',
    'vscode://user@publisher.name/',
    'vscode:///x/',
    'vscode://publisher.name//',
    'VSCODE://publisher.name/',
    'https://client.example/',
    'http://localhost/',
    'javascript://x/',
    'data://x/',
    'file://host/',
    '',
    '/',
    7,
    undefined,
  ])('F-09 allowedRedirectUris refuses the prefix %j, which would allow more than one place', (prefix) => {
    expect(() => checked([{ prefix }])).toThrow(/^OAuthProvider: "allowedRedirectUris" must/)
  })
})

describe('well-known clients', () => {
  test('F-27 each well-known redirect URI is one exact private-use URI with a source', () => {
    for (const { client, uri, source } of wellKnownRedirectUris) {
      expect(client).not.toBe('')
      expect(malformation(uri)).toBeUndefined()
      expect(checked([uri])).toEqual([uri])
      expect(source).toMatch(/^https:\/\//)
    }
    const uris = wellKnownRedirectUris.map(({ uri }) => uri)
    expect(new Set(uris).size).toBe(uris.length)
    expect(uris).toContain('cursor://anysphere.cursor-mcp/oauth/callback')
  })

  test('F-27 well-known redirect URIs are allowed unless wellKnownRedirectUris is false', () => {
    for (const { uri } of wellKnownRedirectUris) {
      const allowed = (wellKnown: boolean) =>
        checkedRedirectUris({ allowedRedirectUris: [], wellKnownRedirectUris: wellKnown })
      expect(isAllowedRedirectUri(uri, allowed(true))).toBe(true)
      expect(isAllowedRedirectUri(uri, allowed(false))).toBe(false)
    }
  })

  test('F-27 docs/reference/options.md lists the well-known redirect URIs', () => {
    const guide = readFileSync(new URL('../../../../../docs/reference/options.md', import.meta.url), 'utf8')
    const listed = [...guide.matchAll(/^\| ([^|`]+) \| `([a-z]+:\/\/[^`]+)` \| \[source\]\(([^)]+)\) \|$/gm)]
    expect(listed.map(([, client, uri, source]) => ({ client, uri, source }))).toEqual(wellKnownRedirectUris)
  })
})
