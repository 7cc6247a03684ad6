import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DocumentError } from '../../../src/authorization-server/client-registry/documents/document-error.js'
import { checkClientDocument } from '../../../src/authorization-server/client-registry/documents/parse-document.js'
import {
  type ClientMetadata,
  type ClientMetadataPolicy,
  checkClientMetadata,
} from '../../../src/authorization-server/clients/client-metadata.js'
import { negotiatedMetadata } from '../../../src/authorization-server/clients/negotiated-metadata.js'
import { redirectUriProblem } from '../../../src/authorization-server/clients/redirect-uri-rules.js'
import { OAuthError } from '../../../src/oauth/oauth-error.js'
import { anyJson, anyObject } from '../../harness/any-json.js'
import { runs } from '../../harness/property-runs.js'
import { rulesForStrangers } from '../../harness/redirect-uri-rules.js'

const policy: ClientMetadataPolicy = {
  scopesSupported: ['notes:read', 'notes:write'],
  redirectUris: rulesForStrangers(['com.example.app:/cb']),
  grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
  checkJwksUri(uri) {
    if (!uri.startsWith('https://')) throw new OAuthError('invalid_client_metadata', 'No.')
  },
}

const key = { kty: 'EC', crv: 'P-256', x: 'a', y: 'b', kid: 'k', x5c: ['c'] }
const redirectUris = ['https://client.example/cb', 'http://127.0.0.1/cb', 'com.example.app:/cb']
const members = {
  redirect_uris: [redirectUris.slice(0, 1), redirectUris, ['https://client.example/cb', 'http://x/'], ['']],
  token_endpoint_auth_method: [
    'none',
    'client_secret_basic',
    'client_secret_post',
    'private_key_jwt',
    'tls_client_auth',
  ],
  token_endpoint_auth_signing_alg: ['ES256', 'none', 'HS256'],
  token_endpoint_auth_methods_supported: [['none'], ['private_key_jwt', 'none'], ['client_secret_basic']],
  jwks: [{ keys: [key] }, { keys: [{ ...key, d: 'the-key-itself' }] }, { keys: [{ kty: 'oct', k: 'x' }] }],
  jwks_uri: ['https://client.example/jwks', 'http://client.example/jwks'],
  grant_types: [
    ['authorization_code'],
    ['authorization_code', 'refresh_token'],
    ['client_credentials'],
    ['x'],
    ['authorization_code', 'x'],
    [],
  ],
  response_types: [['code'], [], ['token'], ['code', 'code']],
  client_name: ['Client', ' \u202eeman ', '\u200b', '<b>'],
  client_uri: ['https://client.example', '', 'javascript:alert(1)'],
  logo_uri: ['https://client.example/logo.png', 'data:image/png,x'],
  tos_uri: [''],
  policy_uri: ['http://client.example'],
  contacts: [['a@client.example'], []],
  scope: ['notes:read', 'notes:read admin', 'admin', ''],
  software_id: ['x'],
  application_type: ['native', 'web', 'other'],
  dpop_bound_access_tokens: [false, true],
  client_secret: ['secret'],
  client_id: ['https://client.example/client.json', 'other'],
}

/** Valid metadata with a few members of any shape, or no metadata at all. */
function metadataLike(good: object): fc.Arbitrary<unknown> {
  const changed = anyObject(members).map((changes) => ({ ...good, ...changes }))
  return fc.oneof({ weight: 9, arbitrary: changed }, { weight: 1, arbitrary: anyJson })
}

/** Checks what holds for every accepted client. */
function expectGoodClient(client: ClientMetadata): void {
  const { redirect_uris, grant_types, response_types, token_endpoint_auth_method: method, scope } = client
  for (const uri of redirect_uris) expect(redirectUriProblem(uri, policy.redirectUris)).toBeUndefined()
  expect(grant_types.filter((type) => !policy.grantTypes.includes(type))).toEqual([])
  expect(response_types).toEqual(grant_types.includes('authorization_code') ? ['code'] : [])
  if (response_types.length > 0) expect(redirect_uris.length).toBeGreaterThan(0)
  if (method === 'none') expect(grant_types).not.toContain('client_credentials')
  if (method === 'private_key_jwt') expect(client.jwks ?? client.jwks_uri).toBeDefined()
  for (const one of scope?.split(' ') ?? []) expect(policy.scopesSupported).toContain(one)
  expect(client.client_name ?? 'x').toMatch(/^\P{C}+$/u)
  expect(JSON.stringify(client)).not.toMatch(/the-key-itself|x5c|client_secret"|javascript:|data:/)
  // It has no inherited members.
  expect(Object.getPrototypeOf(client)).toBe(Object.prototype)
}

test('F-09 F-10 F-22 L-12 metadata of any shape is a valid client or an OAuth error', () => {
  const registration = { redirect_uris: redirectUris, token_endpoint_auth_method: 'none' }
  let good = 0
  fc.assert(
    fc.property(metadataLike(registration), (document) => {
      let client: ClientMetadata
      try {
        client = checkClientMetadata(negotiatedMetadata(document, policy).document, policy)
      } catch (error) {
        expect(error).toBeInstanceOf(OAuthError)
        expect(['invalid_client_metadata', 'invalid_redirect_uri']).toContain((error as OAuthError).code)
        return
      }
      expectGoodClient(client)
      // Registering the response again changes nothing.
      const again = negotiatedMetadata(JSON.parse(JSON.stringify(client)), policy)
      expect(again.leftOut).toEqual({})
      expect(checkClientMetadata(again.document, policy)).toEqual(client)
      good += 1
    }),
    runs(3000),
  )
  expect(good).toBeGreaterThan(300)
})

test('G-05 G-06 L-12 a document of any shape is a valid client with its URL as ID, or is refused', () => {
  const clientId = 'https://client.example/client.json'
  const documentPolicy = {
    ...policy,
    authenticationMethods: ['none', 'private_key_jwt'],
    sameOriginRedirects: false,
  }
  const published = { client_id: clientId, client_name: 'Client', redirect_uris: redirectUris }
  let good = 0
  fc.assert(
    fc.property(metadataLike(published), (document) => {
      try {
        const client = checkClientDocument(document, clientId, documentPolicy)
        expect(client.client_id).toBe(clientId)
        expect(documentPolicy.authenticationMethods).toContain(client.token_endpoint_auth_method)
        expectGoodClient(client)
        good += 1
      } catch (error) {
        if (!(error instanceof DocumentError)) throw error
        expect(error.meaning).toBe('gone')
      }
    }),
    runs(3000),
  )
  expect(good).toBeGreaterThan(300)
})
