import { describe, expect, test } from 'vitest'
import { AccessToken, accessTokenOf } from '../src/access-token.js'

test('A-33 everything that is known is an own member, because the SDKs spread it', () => {
  const token = new AccessToken({
    token: 'raw',
    clientId: 'client-1',
    scopes: ['a'],
    expiresAt: 1,
    resource: 'https://rs.example/mcp',
    subject: 'alice',
    claims: { tenant: 1 },
  })
  expect({ ...token }).toEqual({
    token: 'raw',
    clientId: 'client-1',
    scopes: ['a'],
    expiresAt: 1,
    resource: new URL('https://rs.example/mcp'),
    subject: 'alice',
    claims: { tenant: 1 },
    extra: { subject: 'alice', claims: { tenant: 1 } },
  })
})

test('what is not known is left out', () => {
  const fields = {
    expiresAt: undefined,
    resource: undefined,
    subject: undefined,
    claims: undefined,
  }
  const token = new AccessToken({ token: 'raw', clientId: 'client-1', scopes: [], ...fields })
  expect(Object.keys(token).sort()).toEqual(['claims', 'clientId', 'extra', 'scopes', 'token'])
  expect(token.extra).toEqual({ claims: {} })
})

test('the scopes are a list of its own', () => {
  const scopes = ['a']
  const token = new AccessToken({ token: 'raw', clientId: 'client-1', scopes })
  token.scopes.push('b')
  expect(scopes).toEqual(['a'])
})

describe('accessTokenOf', () => {
  const token = new AccessToken({ token: 'raw', clientId: 'client-1', scopes: ['a'], claims: { tenant: 1 } })

  test('A-33 is the token that a gate made, as it is', () => {
    expect(accessTokenOf(token)).toBe(token)
  })

  test('A-33 is also the copy that an SDK made of it', () => {
    const copy = { ...token, resourceMetadataUrl: 'https://rs.example/metadata' }
    expect(accessTokenOf(copy)?.claims).toEqual({ tenant: 1 })
  })

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['no object', 'raw'],
    ['what another gate made', { token: 'raw', clientId: 'client-1', scopes: [], extra: {} }],
    ['claims that something else put there', { ...token, claims: { tenant: 1 } }],
    ['an object without a token', { ...token, token: undefined }],
    ['an object without a client', { ...token, clientId: undefined }],
    ['an object without scopes', { ...token, scopes: undefined }],
  ])('does not take %s for one', (_name, authInfo) => {
    expect(accessTokenOf(authInfo)).toBeUndefined()
  })
})
