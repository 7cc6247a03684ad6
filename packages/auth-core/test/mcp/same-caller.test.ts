import { describe, expect, test } from 'vitest'
import { AccessToken } from '../../src/contract/access-token.js'
import { type Caller, isSameCaller } from '../../src/mcp/same-caller.js'

const alice: Caller = { issuer: 'https://a.example', subject: 'alice', clientId: 'app' }

describe('A-55 callers are the same', () => {
  test.each<[string, Caller, Caller]>([
    ['with one issuer, subject and client', alice, { ...alice }],
    ['of a verifier without an issuer', { subject: 's', clientId: 'c' }, { subject: 's', clientId: 'c' }],
    ['if they are one service', { issuer: 'i', clientId: 'batch' }, { issuer: 'i', clientId: 'batch' }],
    ['if they are one service whose user is empty', { subject: '', clientId: 'c' }, { clientId: 'c' }],
    ['if no token names the client', { ...alice, clientId: 'unknown' }, { ...alice, clientId: 'unknown' }],
  ])('%s', (_name, one, other) => {
    expect(isSameCaller(one, other)).toBe(true)
    expect(isSameCaller(other, one)).toBe(true)
  })

  test('whatever else differs, and in what the SDKs make of a token', () => {
    const token = (raw: string, expiresAt: number) =>
      new AccessToken({ ...alice, token: raw, scopes: [raw], expiresAt })
    expect(isSameCaller(token('first', 1), { ...token('refreshed', 2) })).toBe(true)
  })
})

describe('A-55 callers are not the same', () => {
  test.each<[string, Caller | undefined, Caller | undefined]>([
    ['with two issuers', alice, { ...alice, issuer: 'https://b.example' }],
    ['with an issuer and without', alice, { ...alice, issuer: undefined }],
    ['with two issuers that differ by a slash', alice, { ...alice, issuer: 'https://a.example/' }],
    ['with two users', alice, { ...alice, subject: 'bob' }],
    ['if one is a user and one a service', alice, { ...alice, subject: undefined }],
    ['with two clients', alice, { ...alice, clientId: 'other' }],
    ['without a token', undefined, undefined],
    ['if one has no token', alice, undefined],
    ['if tokens name nobody', { issuer: 'i', clientId: 'unknown' }, { issuer: 'i', clientId: 'unknown' }],
    [
      'if the name of the user is empty, and no client is named',
      { issuer: 'i', subject: '', clientId: 'unknown' },
      { issuer: 'i', subject: '', clientId: 'unknown' },
    ],
    [
      'if one has no user, and no client is named',
      { subject: '', clientId: 'unknown' },
      { clientId: 'unknown' },
    ],
    ['if the names of the clients are empty', { issuer: 'i', clientId: '' }, { issuer: 'i', clientId: '' }],
  ])('%s', (_name, one, other) => {
    expect(isSameCaller(one, other)).toBe(false)
    expect(isSameCaller(other, one)).toBe(false)
  })
})
