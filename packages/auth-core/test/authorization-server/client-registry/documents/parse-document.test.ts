import { describe, expect, test } from 'vitest'
import {
  checkClientDocument,
  type DocumentPolicy,
} from '../../../../src/authorization-server/client-registry/documents/parse-document.js'
import { clientDocument, documentUrl, publishedDocuments } from '../../../harness/client-document.js'
import { rulesForStrangers } from '../../../harness/redirect-uri-rules.js'

const policy: DocumentPolicy = {
  scopesSupported: ['notes:read', 'notes:write'],
  redirectUris: rulesForStrangers(),
  grantTypes: ['authorization_code', 'refresh_token'],
  authenticationMethods: ['none', 'private_key_jwt'],
  sameOriginRedirects: false,
  checkJwksUri: () => {},
}

function check(changes: Readonly<Record<string, unknown>> = {}, rules: Partial<DocumentPolicy> = {}) {
  return checkClientDocument(clientDocument(changes), documentUrl, { ...policy, ...rules })
}

test('a document describes a client by the rules of registration', () => {
  expect(
    check({ scope: 'notes:read notes:delete', client_uri: 'https://client.example/', software_id: 'x' }),
  ).toEqual({
    ...clientDocument({ scope: 'notes:read', client_uri: 'https://client.example/', software_id: 'x' }),
  })
})

test.each([
  'https://client.example/oauth/client.json/',
  'https://client.example/oauth/Client.json',
  'https://client.example:443/oauth/client.json',
  'https://client.example/oauth/client.json?',
  'https://client.example/oauth/../oauth/client.json',
  '',
  null,
  undefined,
])('G-03 a document with the client_id %j is not that of the URL', (client_id) => {
  expect(() => check({ client_id })).toThrow(/^client_id is/)
})

test.each([
  ['client_name', undefined],
  ['client_name', null],
  ['client_name', ''],
  ['client_name', ' \u200b\u202e '],
  ['client_name', '\u3164\uffa0\u2800'],
  ['client_name', 7],
  ['redirect_uris', undefined],
  ['redirect_uris', []],
  ['redirect_uris', 'https://client.example/callback'],
  ['redirect_uris', [7]],
])('G-04 a document whose %s is %j is refused', (member, value) => {
  expect(() => check({ [member]: value })).toThrow(member)
})

test.each([[[]], ['text'], [null], [7]])('G-04 a document that is %j is refused', (document) => {
  expect(() => checkClientDocument(document, documentUrl, policy)).toThrow('is malformed')
})

test.each(['client_secret', 'client_secret_expires_at'])('G-06 a document with %s is refused', (member) => {
  for (const value of ['secret', 0, '']) expect(() => check({ [member]: value })).toThrow(member)
  expect(check({ [member]: null })).toEqual(clientDocument())
})

test.each(['client_secret_basic', 'client_secret_post', 'client_secret_jwt'])(
  'G-06 E-24 a document that names %s is refused, whatever else it offers',
  (method) => {
    const changes = { token_endpoint_auth_method: method, token_endpoint_auth_methods_supported: ['none'] }
    expect(() => check(changes)).toThrow(method)
    expect(() =>
      check({ token_endpoint_auth_method: undefined, token_endpoint_auth_methods_supported: [method] }),
    ).toThrow('no method')
  },
)

test('G-07 a document without an authentication method describes a public client', () => {
  expect(check({ token_endpoint_auth_method: undefined }).token_endpoint_auth_method).toBe('none')
})

test.each(['tls_client_auth', 'self_signed_tls_client_auth', 'unknown', ''])(
  'G-07 a document with the authentication method %j is refused',
  (method) => {
    expect(() => check({ token_endpoint_auth_method: method })).toThrow('no method of client authentication')
  },
)

describe('negotiation', () => {
  test('G-08 unsupported grant types and response types are left out of a document', () => {
    const client = check({
      grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      response_types: ['token', 'code'],
    })
    expect([client.grant_types, client.response_types]).toEqual([
      ['authorization_code', 'refresh_token'],
      ['code'],
    ])
  })

  test('G-08 a document without any supported grant type is refused', () => {
    expect(() => check({ grant_types: ['implicit'] })).toThrow('grant_types')
    expect(() => check({ response_types: ['token'] })).toThrow('response_types')
  })

  test.each([undefined, null, []])(
    'F-07 G-08 a document with the grant types %j gets codes and refresh tokens',
    (none) => {
      const client = check({ grant_types: none, response_types: none })
      expect([client.grant_types, client.response_types]).toEqual([
        ['authorization_code', 'refresh_token'],
        ['code'],
      ])
    },
  )

  test('G-08 an unsupported authentication method is replaced by another that the document offers', () => {
    const choices = { token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'] }
    const ofKeys = {
      ...choices,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: 'https://client.example/jwks',
    }
    expect(check(ofKeys).token_endpoint_auth_method).toBe('private_key_jwt')
    expect(check(ofKeys, { authenticationMethods: ['none'] }).token_endpoint_auth_method).toBe('none')
    expect(
      check({ ...choices, token_endpoint_auth_method: 'tls_client_auth' }).token_endpoint_auth_method,
    ).toBe('none')
  })
})

test.each([
  'javascript:alert(1)',
  'data:text/html,x',
  'https://a.example/#x',
  'https://user@a.example/cb',
  'https://*.example/cb',
])('G-09 a document with the redirect URI %s is refused as a whole', (uri) => {
  expect(() => check({ redirect_uris: ['https://client.example/callback', uri] })).toThrow('redirect URI')
})

test.each(['http://evil.example/cb', 'http://192.168.1.7/cb', 'cursor://cb', 'vscode:extension/x'])(
  'F-27 G-09 the redirect URI %s is left out of a document, which is refused if it has no other',
  (uri) => {
    const callback = 'https://client.example/callback'
    expect(check({ redirect_uris: [uri, callback] }).redirect_uris).toEqual([callback])
    expect(() => check({ redirect_uris: [uri] })).toThrow(`The redirect URI ${uri} is`)
  },
)

test('G-09 a document may have the private-use redirect URIs of allowedRedirectUris', () => {
  const rules = { redirectUris: rulesForStrangers(['cursor://cb']) }
  expect(check({ redirect_uris: ['cursor://cb'] }, rules).redirect_uris).toEqual(['cursor://cb'])
})

test('G-23 sameOriginRedirects admits redirect URIs on the origin of the document or on loopback only', () => {
  const rules = { sameOriginRedirects: true }
  for (const uri of ['https://client.example/a', 'http://localhost/a', 'http://[::1]:7/a']) {
    expect(check({ redirect_uris: [uri] }, rules).redirect_uris).toEqual([uri])
  }
  for (const uri of [
    'https://www.client.example/a',
    'https://client.example:8443/a',
    'https://evil.example/a',
  ]) {
    expect(() => check({ redirect_uris: [uri] }, rules)).toThrow('the origin of the document')
    expect(check({ redirect_uris: [uri] }).redirect_uris).toEqual([uri])
    // A client has one document for all its websites. Redirect URIs elsewhere are left out.
    const both = ['https://client.example/a', uri]
    expect(check({ redirect_uris: both }, rules).redirect_uris).toEqual(both.slice(0, 1))
  }
  // The host of a private-use URI does not say which program opens it.
  const scheme = { redirect_uris: ['cursor://localhost/a'] }
  const redirectUris = rulesForStrangers(['cursor://localhost/a'])
  expect(() => check(scheme, { ...rules, redirectUris })).toThrow('the origin of the document')
})

test('F-28 G-04 null and an empty URL count as absent', () => {
  const empty = { client_uri: '', logo_uri: '', tos_uri: '', policy_uri: '', jwks_uri: '' }
  expect(check(empty)).toEqual(clientDocument())
  const members = ['scope', 'contacts', 'jwks', 'software_id', 'dpop_bound_access_tokens', 'application_type']
  const nothing = Object.fromEntries([...members, ...Object.keys(empty), 'x'].map((name) => [name, null]))
  expect(check(nothing)).toEqual(clientDocument())
  for (const member of ['client_id', 'client_name', 'redirect_uris'])
    expect(() => check({ [member]: null })).toThrow(`${member} is malformed`)
})

test('M-09 members of a document that are named like inherited ones change nothing', () => {
  const text = JSON.stringify(clientDocument()).replace(
    '{',
    '{"__proto__":{"client_secret":"x"},"constructor":{},',
  )
  const client = checkClientDocument(JSON.parse(text), documentUrl, policy)
  expect(client).toEqual(clientDocument())
  expect('polluted' in {}).toBe(false)
})

test.each(Object.entries(publishedDocuments))('G-08 the document of %s is accepted', (_, document) => {
  const client = checkClientDocument(document, String(document['client_id']), policy)
  expect(client.redirect_uris).toEqual(document['redirect_uris'])
  expect(client.grant_types).toEqual(['authorization_code', 'refresh_token'])
  expect(client.token_endpoint_auth_method).toBe(document['token_endpoint_auth_method'])
})
