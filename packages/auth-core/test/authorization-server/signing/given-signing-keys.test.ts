import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { decodeProtectedHeader, type JWK } from 'jose'
import { describe, expect, test } from 'vitest'
import { OAuthProvider } from '../../../src/authorization-server/oauth-provider.js'
import type { GivenSigningKey } from '../../../src/authorization-server/signing/given-signing-keys.js'
import { dispatch } from '../../../src/http/route.js'
import { memoryStore } from '../../../src/store/memory-store.js'
import type { Store } from '../../../src/store/store.js'
import { JWTVerifier } from '../../../src/token-verification/jwt-verifier.js'
import { mintOwnToken } from '../../harness/own-tokens.js'

const origin = 'https://notes.example.com'

function providerWith(signingKeys: unknown, options: { store?: Store; signingAlgorithm?: 'ES256' } = {}) {
  const provider = new OAuthProvider({
    baseUrl: origin,
    signIn: () => ({ denied: true }),
    signingKeys: signingKeys as readonly GivenSigningKey[],
    store: memoryStore(),
    ...options,
  })
  provider.setMcpPath('/mcp')
  return provider
}

async function jwksOf(provider: OAuthProvider): Promise<JWK[]> {
  const response = (await dispatch(provider.getRoutes(), new Request(`${origin}/jwks`))) as Response
  return ((await response.json()) as { keys: JWK[] }).keys
}

const pairs = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: () => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
}
type Algorithm = keyof typeof pairs

function keyPair(alg: Algorithm, kid?: string) {
  const { privateKey, publicKey } = pairs[alg]()
  const more = { alg, ...(kid === undefined ? {} : { kid }) }
  return {
    key: privateKey,
    privateJwk: { ...privateKey.export({ format: 'jwk' }), ...more } as JWK,
    publicJwk: { ...publicKey.export({ format: 'jwk' }), ...more } as JWK,
  }
}

/** Signs as a key management service would. */
function signWith(key: KeyObject, alg: Algorithm, dsaEncoding: 'der' | 'ieee-p1363') {
  return async (data: Uint8Array): Promise<Uint8Array> => {
    const hash = alg === 'EdDSA' ? null : `sha${alg.slice(2)}`
    return sign(hash, data, { key, dsaEncoding, ...(alg === 'PS256' ? { padding: 6, saltLength: 32 } : {}) })
  }
}

async function expectGoodEverywhere(provider: OAuthProvider, token: string): Promise<void> {
  expect(await provider.verifyToken(token)).not.toBeNull()
  const verifier = new JWTVerifier({ issuer: origin, jwks: { keys: await jwksOf(provider) } })
  expect(await verifier.verifyToken(token, { resource: `${origin}/mcp` })).not.toBeNull()
}

describe.each(Object.keys(pairs) as Algorithm[])('%s', (alg) => {
  test('D-18 B-15 a private key of the operator signs, and only its public part is published', async () => {
    const { privateJwk, publicJwk } = keyPair(alg)
    const provider = providerWith([{ ...privateJwk, ext: true, secretNote: 'x' }])
    const token = await mintOwnToken(provider)
    const [published, ...others] = await jwksOf(provider)
    expect(others).toEqual([])
    expect(published).toEqual({ ...publicJwk, kid: decodeProtectedHeader(token).kid, use: 'sig' })
    await expectGoodEverywhere(provider, token)
  })

  test.each(['der', 'ieee-p1363'] as const)('D-18 a function signs and returns %s', async (encoding) => {
    const { key, publicJwk } = keyPair(alg, 'kms-1')
    const provider = providerWith([{ publicJwk, sign: signWith(key, alg, encoding) }])
    const token = await mintOwnToken(provider)
    expect(decodeProtectedHeader(token)).toEqual({ alg, kid: 'kms-1', typ: 'at+jwt' })
    await expectGoodEverywhere(provider, token)
  })
})

test('B-15 the keys of the operator are never stored', async () => {
  const store = memoryStore()
  const written: string[] = []
  const set = async (key: string, value: string, ttl: number) => {
    written.push(value)
    return store.set(key, value, ttl)
  }
  const { privateJwk } = keyPair('ES256')
  await mintOwnToken(
    providerWith([privateJwk], { store: { ...store, set, add: () => Promise.reject(new Error()) } }),
  )
  expect(written.join()).toContain('alice')
  expect(written.join()).not.toContain(privateJwk.d)
})

test('B-25 all keys of the operator verify, and the first one signs', async () => {
  const [old, next] = [keyPair('ES256', 'old'), keyPair('PS256', 'next')]
  const store = memoryStore()
  const before = await mintOwnToken(providerWith([old.privateJwk], { store }))
  const announced = providerWith([old.privateJwk, next.privateJwk], { store })
  expect(decodeProtectedHeader(await mintOwnToken(announced)).kid).toBe('old')
  expect((await jwksOf(announced)).map(({ kid }) => kid)).toEqual(['old', 'next'])
  const replaced = providerWith([next.privateJwk, old.publicJwk], { store })
  expect(decodeProtectedHeader(await mintOwnToken(replaced)).kid).toBe('next')
  await expectGoodEverywhere(replaced, before)
  expect(JSON.stringify(await jwksOf(replaced))).not.toContain('"d"')
  const removed = providerWith([next.privateJwk], { store })
  expect(await removed.verifyToken(before)).toBeNull()
})

test('B-25 the server does not rotate the keys of the operator', async () => {
  const provider = providerWith([keyPair('ES256').privateJwk])
  await expect(provider.rotateSigningKey()).rejects.toThrow(/"signingKeys"/)
})

describe('a function that does not sign', () => {
  test.each<[string, (data: Uint8Array) => Promise<unknown>]>([
    ['rejects', () => Promise.reject(new Error('the service is down'))],
    ['signs with another key', signWith(keyPair('ES256').key, 'ES256', 'der')],
    ['returns no signature', async () => new Uint8Array(10)],
    ['returns undefined', async () => undefined],
  ])('D-14 a signing function that %s is an outage and is called again', async (_what, wrong) => {
    const { key, publicJwk } = keyPair('ES256')
    let sign = wrong
    const provider = providerWith([{ publicJwk, sign: (data: Uint8Array) => sign(data) }])
    const minting = mintOwnToken(provider)
    await expect(minting).rejects.toMatchObject({ status: 503, reason: 'signing_unavailable' })
    sign = signWith(key, 'ES256', 'der')
    await expectGoodEverywhere(provider, await mintOwnToken(provider))
  })
})

const toRs256 = (key: KeyObject) => ({ ...key.export({ format: 'jwk' }), alg: 'RS256' })
const rsa = keyPair('RS256')
const ec = keyPair('ES256', 'a')

test.each<[string, unknown]>([
  ['nothing', null],
  ['no list', ec.privateJwk],
  ['an empty list', []],
  ['a list of null', [null]],
  ['a JWKS document', { keys: [ec.privateJwk] }],
  ['a public key first', [ec.publicJwk]],
  ['a key without an algorithm', [{ ...ec.privateJwk, alg: undefined }]],
  ['an algorithm of another kind of key', [{ ...ec.privateJwk, alg: 'RS256' }]],
  ['an algorithm of another curve', [{ ...ec.privateJwk, alg: 'ES384' }]],
  ['a shared secret', [{ kty: 'oct', k: 'AAAA', alg: 'HS256' }]],
  ['the algorithm none', [{ ...ec.privateJwk, alg: 'none' }]],
  ['an empty second key', [ec.privateJwk, {}]],
  ['a function without a key', [{ sign: async () => new Uint8Array() }]],
  ['a short RSA key', [generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey].map(toRs256)],
  [
    'a short previous RSA key',
    [ec.privateJwk, toRs256(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)],
  ],
  ['two keys with one ID', [ec.privateJwk, { ...rsa.privateJwk, kid: 'a' }]],
])('D-18 %s in signingKeys is a TypeError that names the option', (_what, signingKeys) => {
  expect(() => providerWith(signingKeys)).toThrow(TypeError)
  expect(() => providerWith(signingKeys)).toThrow(/^OAuthProvider: "signingKeys(?:\[0\]\.publicJwk)?" must/)
})

test('D-18 signingAlgorithm is refused together with signingKeys', () => {
  expect(() => providerWith([ec.privateJwk], { signingAlgorithm: 'ES256' })).toThrow('"signingAlgorithm"')
})
