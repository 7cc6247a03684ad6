import { expect, test } from 'vitest'
import { AccessToken } from '../src/access-token.js'

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
