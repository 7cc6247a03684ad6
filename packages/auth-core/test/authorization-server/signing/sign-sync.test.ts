import { compactVerify, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { publicKeyOf } from '../../../src/authorization-server/signing/published-key.js'
import { syncSignWith } from '../../../src/authorization-server/signing/sign-sync.js'
import { localSigningKey } from '../../../src/authorization-server/signing/signing-key.js'

afterEach(() => vi.restoreAllMocks())

async function newKey(alg: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  return { ...(await exportJWK(privateKey)), alg }
}

/** Verifies a token of the key with the public key alone. Returns its parts. */
async function claimsAndHeader(key: JWK) {
  const publicKey = await publicKeyOf(key)
  const token = await (await localSigningKey(key)).sign({ sub: 'ålice', iat: 1 }, 'at+jwt')
  const { payload, protectedHeader } = await compactVerify(token, await importJWK(publicKey))
  return { claims: JSON.parse(new TextDecoder().decode(payload)), protectedHeader, publicKey }
}

async function expectGoodTokens(key: JWK): Promise<void> {
  const { claims, protectedHeader, publicKey } = await claimsAndHeader(key)
  expect(claims).toEqual({ sub: 'ålice', iat: 1 })
  expect(protectedHeader).toEqual({ alg: publicKey.alg, kid: publicKey.kid, typ: 'at+jwt' })
}

describe.each(['ES256', 'EdDSA', 'Ed25519'])('%s', (alg) => {
  test('D-18 a synchronous signature verifies with WebCrypto', async () => {
    const key = await newKey(alg)
    expect(await syncSignWith(key, await publicKeyOf(key))).toBeTypeOf('function')
    await expectGoodTokens(key)
  })

  test.each([
    ['without Node', undefined],
    ['if only some functions of Node exist', { createPrivateKey: () => ({}) }],
    ['if Node cannot open the key', { createPrivateKey: refuse, sign: refuse }],
    ['if the signature of Node is invalid', { createPrivateKey: () => ({}), sign: () => new Uint8Array(64) }],
  ])('D-18 WebCrypto signs %s', async (_what, node) => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(node as object)
    const key = await newKey(alg)
    expect(await syncSignWith(key, await publicKeyOf(key))).toBeUndefined()
    await expectGoodTokens(key)
  })
})

test.each(['RS256', 'PS512', 'ES384', 'ES512'])(
  'D-18 the slow algorithm %s is never signed synchronously',
  async (alg) => {
    const key = await newKey(alg)
    expect(await syncSignWith(key, await publicKeyOf(key))).toBeUndefined()
    await expectGoodTokens(key)
  },
)

function refuse(): never {
  throw new Error('not here')
}
