import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { isLargeRsaKey, isShortRsaKey, isShortRsaPem } from '../../../src/token-verification/jwt/rsa-key.js'
import { certificate, rsaCertificate, shortRsaCertificate } from '../../harness/certificate.js'

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

test.each([512, 1024, 2047, 2048, 3072, 4096])(
  'F-14 A-14 a generated RSA key of %i bits is judged by its length',
  (modulusLength) => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength })
    expect(isShortRsaKey(publicKey.export({ format: 'jwk' }) as { kty: string })).toBe(modulusLength < 2048)
    const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString()
    expect(isShortRsaPem(pem)).toBe(modulusLength < 2048)
    expect(isShortRsaPem(pem.replaceAll('\n', '\r\n'))).toBe(modulusLength < 2048)
  },
)

test('F-14 A-14 the RSA key of a certificate is judged by its length, and other keys are not too short', () => {
  expect(isShortRsaPem(shortRsaCertificate)).toBe(true)
  expect(isShortRsaPem(rsaCertificate)).toBe(false)
  expect(isShortRsaPem(certificate)).toBe(false)
  expect(isShortRsaPem('-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----')).toBe(false)
  expect(isShortRsaPem('')).toBe(false)
})

test.each<[string, unknown, unknown, boolean]>([
  ['4096 bits', modulus(bytes(512)), 'AQAB', false],
  ['4096 bits and zeros', modulus([0, 0, ...bytes(512)]), modulus([0, 1, 0, 1]), false],
  ['4097 bits', modulus([1, ...bytes(512)]), 'AQAB', true],
  ['12280 bits', modulus(bytes(1535)), 'AQAB', true],
  ['an exponent of 32 bits', modulus(bytes(256)), modulus(bytes(4)), false],
  ['an exponent of 33 bits', modulus(bytes(256)), modulus([1, ...bytes(4)]), true],
  ['an exponent of 48 bits', modulus(bytes(256)), modulus(bytes(6)), true],
])('F-14 M-07 an RSA key of %s is within the cost limit, or too large', (_what, n, e, isLarge) => {
  expect(isLargeRsaKey({ kty: 'RSA', n: n as string, e: e as string })).toBe(isLarge)
})

test('F-14 other keys have no modulus, and are neither short nor large', () => {
  expect(isShortRsaKey({ kty: 'EC', crv: 'P-256' })).toBe(false)
  expect(isLargeRsaKey({ kty: 'EC', crv: 'P-256' })).toBe(false)
})
