import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { isShortRsaKey } from '../../src/token-verification/rsa-key.js'

const modulus = (bytes: readonly number[]) => Buffer.from(bytes).toString('base64url')
const bytes = (count: number) => Array.from({ length: count }, () => 0xff)

test.each<[string, unknown, boolean]>([
  ['2048 bits', modulus(bytes(256)), false],
  ['2047 bits', modulus([0x7f, ...bytes(255)]), true],
  ['2041 bits', modulus([1, ...bytes(255)]), true],
  ['2040 bits and zeros', modulus([0, 0, 0, ...bytes(255)]), true],
  ['2048 bits and zeros', modulus([0, 0, 0, ...bytes(256)]), false],
  ['zeros', modulus(Array.from({ length: 512 }, () => 0)), true],
  ['nothing', '', true],
  ['no base64url', '!'.repeat(1000), true],
  ['no text', undefined, true],
])('F-14 an RSA key of %s is too short: %s', (_what, n, isShort) => {
  expect(isShortRsaKey({ kty: 'RSA', n: n as string })).toBe(isShort)
})

test.each([1024, 2048, 3072])('F-14 a real RSA key of %i bits is judged by its bits', (modulusLength) => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength })
  expect(isShortRsaKey(publicKey.export({ format: 'jwk' }) as { kty: string })).toBe(modulusLength < 2048)
})

test('F-14 other keys have no modulus, and are not short', () => {
  expect(isShortRsaKey({ kty: 'EC', crv: 'P-256' })).toBe(false)
})
