import type { JWK } from 'jose'
import { describe, expect, test } from 'vitest'
import * as z from 'zod/mini'
import { clientJwksSchema, usableKeysOf } from '../../../src/authorization-server/clients/jwks-metadata.js'

const ec = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }
const rsa = { kty: 'RSA', n: 'x'.repeat(342), e: 'AQAB' }
const okp = { kty: 'OKP', crv: 'Ed25519', x: 'x' }

const read = (document: unknown) => {
  const parsed = z.safeParse(clientJwksSchema, document)
  return parsed.success ? parsed.data : undefined
}

test('F-14 a registered key keeps the members that verification needs', () => {
  const members = { kid: 'a', alg: 'ES256', use: 'sig', key_ops: ['verify'] }
  const more = {
    x5c: ['certificate'],
    'x5t#S256': 'x',
    x5u: 'https://evil.example',
    ext: true,
    foo: { a: 1 },
  }
  expect(read({ keys: [{ ...ec, ...members, ...more }, rsa, okp] })).toEqual({
    keys: [{ ...ec, ...members }, rsa, okp],
  })
})

describe('M-16 unusable keys are left out of a registered set', () => {
  test.each<[string, unknown]>([
    ['another kind', { kty: 'AKP', alg: 'ML-DSA-44', pub: 'x' }],
    ['encryption', { ...rsa, use: 'enc' }],
    ['other operations', { ...ec, key_ops: ['encrypt'] }],
    ['another algorithm', { ...rsa, alg: 'RSA-OAEP' }],
    ['an algorithm of shared secrets', { ...ec, alg: 'HS256' }],
    ['another curve', { ...ec, crv: 'secp256k1' }],
    ['a missing member', { kty: 'EC', crv: 'P-256', x: 'x' }],
    ['a member that is a number', { ...rsa, n: 7 }],
    ['a number of any size', { ...rsa, n: 'x'.repeat(2049) }],
    ['an exponent of any size', { ...rsa, e: 'x'.repeat(9) }],
    ['nothing in it', {}],
  ])('an unusable key is left out of a registered set: %s', (_name, key) => {
    expect(read({ keys: [key, ec] })).toEqual({ keys: [ec] })
    expect(read({ keys: [key] })).toBeUndefined()
  })
})

test.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'])(
  'F-14 a registered set with the private member %s is refused',
  (member) => {
    expect(read({ keys: [ec, { ...rsa, [member]: 'x' }] })).toBeUndefined()
    expect(read({ keys: [ec, { ...rsa, [member]: null }] })).toBeUndefined()
  },
)

test('F-14 a registered set with a shared secret is refused', () => {
  expect(read({ keys: [ec, { kty: 'oct', k: 'x' }] })).toBeUndefined()
})

test.each<[unknown]>([
  [null],
  [[]],
  [{}],
  [{ keys: {} }],
  [{ keys: [] }],
  [{ keys: ['x'] }],
  [{ keys: [null] }],
])('F-14 %j is refused as a key set', (document) => {
  expect(read(document)).toBeUndefined()
})

test('M-16 unusable keys are left out of a published set', () => {
  const keys = [
    null,
    'x',
    { kty: 'oct', k: 'x' },
    { ...ec, d: 'x' },
    { ...rsa, use: 'enc' },
    { ...ec, x5c: [] },
  ]
  expect(usableKeysOf({ keys: keys as JWK[] })).toEqual({ keys: [ec] })
  expect(usableKeysOf({ keys: [] })).toEqual({ keys: [] })
})

test('M-07 only the first 20 keys of a published set count', () => {
  const keys = Array.from({ length: 500 }, (_, i) => ({ ...ec, x: `${i}` }))
  expect(usableKeysOf({ keys }).keys).toEqual(keys.slice(0, 20))
})

test('F-14 a registered set of more than 20 keys is refused', () => {
  expect(read({ keys: Array.from({ length: 20 }, () => ec) })?.keys).toHaveLength(20)
  expect(read({ keys: Array.from({ length: 21 }, () => ec) })).toBeUndefined()
})

test('M-16 F-14 RSA keys that are too short are left out of a published set', () => {
  const short = { ...rsa, n: 'x'.repeat(341) }
  expect(usableKeysOf({ keys: [short, rsa] as JWK[] })).toEqual({ keys: [rsa] })
})

test('M-16 M-07 RSA keys that are slow to verify are left out of a published set', () => {
  const large = { ...rsa, n: 'x'.repeat(684) }
  const longExponent = { ...rsa, e: 'x'.repeat(8) }
  expect(usableKeysOf({ keys: [large, longExponent, rsa] as JWK[] })).toEqual({ keys: [rsa] })
})
