import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { secretDigest } from '../../src/runtime/secret-digest.js'

test('E-11 a digest is that of SHA-256, as other tools make it', async () => {
  const secret = 'x'.repeat(32)
  expect(await secretDigest(secret)).toBe(createHash('sha256').update(secret).digest('base64url'))
})

test('O-06 a secret that could be guessed is refused, and not repeated', async () => {
  await expect(secretDigest('correct horse battery staple')).rejects.toThrow(TypeError)
  await expect(secretDigest('correct horse battery staple')).rejects.not.toThrow('horse')
  await expect(secretDigest(undefined as unknown as string)).rejects.toThrow(TypeError)
})
