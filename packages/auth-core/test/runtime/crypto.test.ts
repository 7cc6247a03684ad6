import { afterEach, describe, expect, test, vi } from 'vitest'
import { constantTimeEqual, fastDigest, hmacSha256, randomToken, sha256 } from '../../src/runtime/crypto.js'
import { fromJavaScript } from '../harness/from-javascript.js'

afterEach(() => {
  vi.restoreAllMocks()
  vi.resetModules()
})

/** The same functions on a runtime that has nothing of Node. */
function withoutNode() {
  vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined)
  vi.resetModules()
  return import('../../src/runtime/crypto.js')
}

describe('random tokens', () => {
  test('N-15 F-24 have the requested number of bits, in URL-safe characters', () => {
    expect(randomToken()).toMatch(/^[\w-]{43}$/)
    expect(randomToken(16)).toMatch(/^[\w-]{22}$/)
  })

  test('N-15 come from the generator of the platform', () => {
    const generator = vi.spyOn(crypto, 'getRandomValues')
    const noGenerator = vi.spyOn(Math, 'random')
    randomToken()
    expect(generator).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ byteLength: 32 }))
    expect(noGenerator).not.toHaveBeenCalled()
  })

  test('N-15 do not repeat', () => {
    expect(new Set(Array.from({ length: 1000 }, () => randomToken())).size).toBe(1000)
  })
})

describe.each([
  // FIPS 180-2 appendix B.1 and the empty message, in base64url.
  ['abc', 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0'],
  ['', '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'],
])('SHA-256 of %j', (text, digest) => {
  test('N-15 is the published digest', async () => {
    expect(await sha256(text)).toBe(digest)
  })

  test('N-15 is the published digest without Node', async () => {
    const elsewhere = await withoutNode()
    expect(await elsewhere.sha256(text)).toBe(digest)
  })
})

test('N-15 HMAC with SHA-256 is the published code, with and without Node', async () => {
  // RFC 4231 section 4.3, in base64url.
  const code = 'W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM'
  expect(await hmacSha256('Jefe', 'what do ya want for nothing?')).toBe(code)
  const elsewhere = await withoutNode()
  expect(await elsewhere.hmacSha256('Jefe', 'what do ya want for nothing?')).toBe(code)
})

describe('on a runtime without the digests of Node', () => {
  test('N-15 digests are the same', async () => {
    const elsewhere = await withoutNode()
    for (const text of ['abc', '', 'ü 🔑', '\ud800']) {
      expect(await elsewhere.sha256(text)).toBe(await sha256(text))
      expect(await elsewhere.hmacSha256('a secret', text)).toBe(await hmacSha256('a secret', text))
    }
    expect(elsewhere.fastDigest('abc')).toBe('abc')
    expect(fastDigest('abc')).toBe(await sha256('abc'))
  })

  const refuse = () => {
    throw new Error('not implemented')
  }
  test.each<[string, object]>([
    ['throw', { hash: refuse, createHmac: refuse }],
    ['are not functions', { hash: true, createHmac: {} }],
    ['are missing', {}],
  ])('N-15 the digests of the web replace those of Node that %s', async (_what, crypto) => {
    const builtin = process.getBuiltinModule
    vi.spyOn(process, 'getBuiltinModule').mockImplementation(((name: string) =>
      name === 'node:crypto' ? crypto : builtin(name)) as typeof builtin)
    vi.resetModules()
    const elsewhere = await import('../../src/runtime/crypto.js')
    expect(await elsewhere.sha256('abc')).toBe(await sha256('abc'))
    expect(await elsewhere.hmacSha256('a secret', 'abc')).toBe(await hmacSha256('a secret', 'abc'))
    expect(elsewhere.fastDigest('abc')).toBe('abc')
  })
})

test.each([
  ['a', 'a', true],
  ['', '', true],
  ['a', 'b', false],
  ['a', 'aa', false],
  ['aa', 'ab', false],
  ['', 'a', false],
])('%j and %j are equal: %s', (a, b, equal) => {
  expect(constantTimeEqual(a, b)).toBe(equal)
})

test('N-15 a digest of the runtime that computes a wrong value is not used', async () => {
  const builtin = process.getBuiltinModule('node:crypto')
  const wrong = { ...builtin, hash: () => 'always the same' }
  vi.spyOn(process, 'getBuiltinModule').mockReturnValue(fromJavaScript(wrong))
  vi.resetModules()
  const elsewhere = await import('../../src/runtime/crypto.js')

  expect(await elsewhere.sha256('abc')).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')
  expect(elsewhere.fastDigest('abc')).toBe('abc')
})
