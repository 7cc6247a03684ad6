import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { derToJose } from '../../../src/authorization-server/signing/ecdsa-signature.js'

const curves = [
  ['ES256', 'P-256', 'sha256', 64],
  ['ES384', 'P-384', 'sha384', 96],
  ['ES512', 'P-521', 'sha512', 132],
] as const

describe.each(curves)('%s', (algorithm, namedCurve, hash, length) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })

  test('D-18 a DER signature of any length becomes r and s side by side', async () => {
    const { verify } = await import('node:crypto')
    for (let count = 0; count < 300; count += 1) {
      const data = Buffer.from(`data ${count}`)
      const der = sign(hash, data, privateKey)
      const raw = derToJose(algorithm, der)
      expect(raw).toHaveLength(length)
      expect(verify(hash, data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, raw)).toBe(true)
    }
  })

  test('D-18 a signature in the form of JWS is returned unchanged', () => {
    const raw = sign(hash, Buffer.from('data'), { key: privateKey, dsaEncoding: 'ieee-p1363' })
    expect(derToJose(algorithm, raw)).toBe(raw)
  })
})

test('D-18 signatures of other algorithms are returned unchanged', () => {
  const signature = new Uint8Array([0x30, 1, 2])
  for (const algorithm of ['RS256', 'PS256', 'EdDSA']) expect(derToJose(algorithm, signature)).toBe(signature)
})

test('D-18 short integers are padded with leading zeros', () => {
  const raw = derToJose('ES256', Uint8Array.from([0x30, 7, 2, 1, 1, 2, 2, 0, 0x80]))
  expect([raw.length, raw[31], raw[63]]).toEqual([64, 1, 0x80])
})

test.each<[string, number[]]>([
  ['nothing', []],
  ['no sequence', [0x31, 6, 2, 1, 1, 2, 1, 1]],
  ['a truncated sequence', [0x30, 6, 2, 1, 1, 2, 1]],
  ['a sequence with trailing bytes', [0x30, 6, 2, 1, 1, 2, 1, 1, 0]],
  ['one integer', [0x30, 3, 2, 1, 1]],
  ['three integers', [0x30, 9, 2, 1, 1, 2, 1, 1, 2, 1, 1]],
  ['a truncated integer', [0x30, 6, 2, 1, 1, 2, 9, 1]],
  ['an empty integer', [0x30, 5, 2, 0, 2, 1, 1]],
  ['zero', [0x30, 6, 2, 1, 0, 2, 1, 1]],
  ['an integer that is too long', [0x30, 38, 2, 33, ...new Array(33).fill(1), 2, 1, 1]],
  ['an indefinite length', [0x30, 0x80, 2, 1, 1, 2, 1, 1, 0, 0]],
])('D-18 the DER signature is refused: %s', (_what, bytes) => {
  expect(() => derToJose('ES256', Uint8Array.from(bytes))).toThrow(TypeError)
})
