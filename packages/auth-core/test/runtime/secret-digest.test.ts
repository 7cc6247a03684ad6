import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { secretDigest } from '../../src/runtime/secret-digest.js'

test('E-11 secretDigest returns the SHA-256 digest', async () => {
  const secret = 'x'.repeat(32)
  expect(await secretDigest(secret)).toBe(createHash('sha256').update(secret).digest('base64url'))
})

test('O-06 a short secret is refused, and the error does not repeat it', async () => {
  await expect(secretDigest('correct horse battery staple')).rejects.toThrow(TypeError)
  await expect(secretDigest('correct horse battery staple')).rejects.not.toThrow('horse')
  await expect(secretDigest(undefined as unknown as string)).rejects.toThrow(TypeError)
})
