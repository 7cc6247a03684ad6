import { expect, test } from 'vitest'
import { isDocumentUrl } from '../../../../src/authorization-server/client-registry/documents/document-url.js'

test.each([
  'https://claude.ai/oauth/mcp-oauth-client-metadata',
  'https://vscode.dev/oauth/client-metadata.json',
  'https://client.example/a',
  'https://client.example/a/',
  'https://client.example:8443/a',
  'https://client.example/a%20b/~c',
  'https://client.example/.well-known/client',
  'https://xn--mnchen-3ya.example/a',
  `https://client.example/${'a'.repeat(1001)}`,
])('G-01 %s is the URL of a document', (clientId) => {
  expect(isDocumentUrl(clientId)).toBe(true)
})

test.each([
  ['another scheme', 'http://client.example/a'],
  ['another scheme', 'ftp://client.example/a'],
  ['no scheme', 'client.example/a'],
  ['no path', 'https://client.example'],
  ['the empty path', 'https://client.example/'],
  ['a fragment', 'https://client.example/a#b'],
  ['an empty fragment', 'https://client.example/a#'],
  ['a query', 'https://client.example/a?b=c'],
  ['an empty query', 'https://client.example/a?'],
  ['user information', 'https://user@client.example/a'],
  ['user information', 'https://user:secret@client.example/a'],
  ['empty user information', 'https://@client.example/a'],
  ['no host', 'https:///a'],
  ['too many characters', `https://client.example/${'a'.repeat(1002)}`],
  ['nothing', ''],
])('G-01 a client ID with %s is not the URL of a document: %s', (_, clientId) => {
  expect(isDocumentUrl(clientId)).toBe(false)
})

test.each([
  'https://client.example/a/../b',
  'https://client.example/a/./b',
  'https://client.example/a/%2e%2e/b',
  'https://client.example/a/%2E%2e/b',
  'https://client.example/a/.%2e/b',
  'https://client.example/a/..',
  'https://client.example\\a',
  'https:\\\\client.example\\a',
  'https:/client.example/a',
  'https:client.example/a',
  'https://client.example:443/a',
  'https://client.example:/a',
  'HTTPS://client.example/a',
  'https://CLIENT.example/a',
  'https://münchen.example/a',
  'https://client。example/a',
  'https://127.1/a',
  'https://0x7f000001/a',
  'https://client.example/a b',
  'https://client.example/ä',
  ' https://client.example/a',
  'https://client.example/a\n',
  'https://client.example/a\t/b',
])('G-02 a client ID that a URL parser would change is refused: %j', (clientId) => {
  expect(isDocumentUrl(clientId)).toBe(false)
})
