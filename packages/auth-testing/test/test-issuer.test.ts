import { JWTVerifier, type JWTVerifierOptions } from '@tollgate/auth-core'
import { createTestIssuer, decodeToken, type MintOptions, type TestIssuer } from '@tollgate/auth-testing'
import { type CryptoKey, exportSPKI, generateKeyPair, importJWK } from 'jose'
import { beforeEach, describe, expect, test } from 'vitest'

const audience = 'https://api.example.com/mcp'

let issuer: TestIssuer
let verifier: JWTVerifier
let reasons: string[]

beforeEach(async () => {
  issuer = await createTestIssuer()
  reasons = []
  verifier = verifierOf(issuer)
})

function verifierOf({ issuer, fetch, now }: TestIssuer, options: Partial<JWTVerifierOptions> = {}) {
  return new JWTVerifier({
    issuer,
    audience,
    fetch,
    now,
    onEvent: (event) => event.type === 'token.rejected' && reasons.push(event.reason),
    ...options,
  } as JWTVerifierOptions)
}

describe('minting tokens', () => {
  test('the issuer mints tokens that a verifier accepts with discovered keys', async () => {
    const token = await issuer.mint({
      audience,
      scopes: ['a', 'b'],
      subject: 'alice',
      clientId: 'c',
      claims: { tenant: 7 },
    })
    expect(await verifier.verifyToken(token)).toMatchObject({
      subject: 'alice',
      clientId: 'c',
      scopes: ['a', 'b'],
      expiresAt: issuer.now() + 3600,
      claims: { tenant: 7 },
    })
    expect(issuer.requests).toEqual([
      'https://issuer.test/.well-known/oauth-authorization-server',
      'https://issuer.test/jwks',
    ])
    expect(issuer.jwksRequests).toBe(1)
  })

  test.each<[string, MintOptions, string]>([
    ['that is expired', { expiresIn: -120 }, 'expired'],
    ['for another audience', { audience: 'https://other.example/mcp' }, 'audience'],
    ['of another type', { header: { typ: 'JWT' } }, 'type'],
    ['without a claim', { claims: { exp: undefined } }, 'expired'],
    ['with a claim of another type', { claims: { exp: 'never' } }, 'expired'],
    ['with an unknown critical header', { header: { crit: ['x'], x: 1 } }, 'critical_header'],
    ['signed by another key', { signedBy: 'otherKey' }, 'signature'],
    ['without a signature', { signedBy: 'none' }, 'algorithm'],
    ['that claims a signature', { signedBy: 'none', header: { alg: 'ES256' } }, 'signature'],
    ['with another key ID', { header: { kid: 'unknown' } }, 'signature'],
  ])('the issuer mints a token %s', async (_, options, reason) => {
    expect(await verifier.verifyToken(await issuer.mint({ audience, ...options }))).toBeNull()
    expect(reasons).toEqual([reason])
  })

  test.each(['HS256', 'HS384', 'HS512'])('the issuer signs with a shared secret: %s', async (alg) => {
    const secret = new TextEncoder().encode(
      'a secret that is longer than sixty-four bytes, so that it is one for all',
    )
    const sharing = new JWTVerifier({
      issuer: issuer.issuer,
      audience,
      secret,
      algorithms: [alg],
      now: issuer.now,
    })
    const good = await issuer.mint({ audience, signedBy: secret, header: { alg } })
    expect(await sharing.verifyToken(good)).not.toBeNull()
  })

  test('the issuer signs with a public key as a secret', async () => {
    const [jwk] = issuer.jwks().keys
    const pem = await exportSPKI((await importJWK(jwk ?? {}, 'ES256', { extractable: true })) as CryptoKey)
    const token = await issuer.mint({ audience, signedBy: new TextEncoder().encode(pem) })
    expect(decodeToken(token).header).toMatchObject({ alg: 'HS256' })
    expect(await verifier.verifyToken(token)).toBeNull()
    expect(reasons).toEqual(['algorithm'])
  })

  test('the issuer signs with a private key of the test', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
    const own = verifierOf(issuer, { publicKey: await exportSPKI(publicKey) } as Partial<JWTVerifierOptions>)
    const token = await issuer.mint({ audience, signedBy: privateKey, header: { alg: 'RS256' } })
    expect(await own.verifyToken(token)).not.toBeNull()
  })

  test.each(['RS256', 'RS512', 'PS256', 'PS384', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'])(
    'the issuer signs with %s',
    async (algorithm) => {
      const other = await createTestIssuer({ algorithm })
      const token = await other.mint({ audience })
      expect(decodeToken(token).header['alg']).toBe(algorithm)
      expect(await verifierOf(other).verifyToken(token)).not.toBeNull()
    },
  )
})

describe('decoding tokens', () => {
  test('decodeToken returns the header and the claims', async () => {
    const token = await issuer.mint({ audience, subject: 'zoë', claims: { jti: 'id' } })
    expect(decodeToken(token)).toEqual({
      header: { alg: 'ES256', typ: 'at+jwt', kid: issuer.jwks().keys[0]?.kid },
      claims: {
        iss: issuer.issuer,
        aud: audience,
        sub: 'zoë',
        client_id: 'test-client',
        iat: issuer.now(),
        exp: issuer.now() + 3600,
        jti: 'id',
      },
    })
  })

  test.each(['', 'opaque', 'a.b', '!.!.!'])('decodeToken refuses %j', (text) => {
    expect(() => decodeToken(text)).toThrow()
  })
})

describe('the clock', () => {
  test('the clock stands still until it is advanced', async () => {
    const token = await issuer.mint({ audience, expiresIn: 60 })
    expect(await verifier.verifyToken(token)).not.toBeNull()
    issuer.now.advance(120)
    expect(await verifier.verifyToken(token)).toBeNull()
  })
})

describe('keys', () => {
  test('keys are rotated with and without removing the old one', async () => {
    const old = await issuer.mint({ audience })
    expect(await verifier.verifyToken(old)).not.toBeNull()
    await issuer.rotateKeys()
    issuer.now.advance(31)
    expect(await verifier.verifyToken(await issuer.mint({ audience }))).not.toBeNull()
    expect(await verifier.verifyToken(old)).not.toBeNull()
    await issuer.rotateKeys({ withdrawOld: true })
    issuer.now.advance(31)
    expect(await verifier.verifyToken(await issuer.mint({ audience }))).not.toBeNull()
    expect(await verifier.verifyToken(old)).toBeNull()
    expect(issuer.jwks().keys).toHaveLength(1)
  })

  test('keys are announced before they are used', async () => {
    const kidOf = async () => decodeToken(await issuer.mint()).header['kid']
    const before = await kidOf()
    await issuer.announceKey({ kid: 'next', algorithm: 'RS256' })
    expect(await kidOf()).toBe(before)
    expect(issuer.jwks().keys.map(({ kid }) => kid)).toEqual(['next', before])
    await issuer.rotateKeys({ withdrawOld: true })
    expect(await kidOf()).toBe('next')
    expect(issuer.jwks().keys.map(({ alg }) => alg)).toEqual(['RS256'])
  })

  test('keys have the algorithm and the ID that a test names', async () => {
    await issuer.rotateKeys({ algorithm: 'PS256', kid: 'twice' })
    await issuer.rotateKeys({ kid: 'twice' })
    expect(issuer.jwks().keys.slice(0, 2)).toMatchObject([
      { kid: 'twice', alg: 'PS256' },
      { kid: 'twice', alg: 'PS256' },
    ])
    expect(await verifier.verifyToken(await issuer.mint({ audience }))).not.toBeNull()
  })

  test('published keys can include invalid ones until they are repaired', async () => {
    issuer.publishKeys([{ kty: 'EC', kid: 'malformed' }, 'no key', ...issuer.jwks().keys])
    const document = await (await issuer.fetch(issuer.jwksUri)).json()
    expect(document).toEqual({ keys: [{ kty: 'EC', kid: 'malformed' }, 'no key', ...issuer.jwks().keys] })
    expect(await verifier.verifyToken(await issuer.mint({ audience }))).not.toBeNull()
    issuer.repair()
    expect(await (await issuer.fetch(issuer.jwksUri)).json()).toEqual(issuer.jwks())
  })
})

test('an issuer responds only at the path of its name', async () => {
  const tenant = await createTestIssuer({ issuer: 'https://issuer.test/tenant/' })
  const found = await tenant.fetch('https://issuer.test/.well-known/oauth-authorization-server/tenant')
  expect(await found.json()).toEqual({ issuer: 'https://issuer.test/tenant/', jwks_uri: tenant.jwksUri })
  const elsewhere = await tenant.fetch('https://issuer.test/.well-known/oauth-authorization-server')
  expect(elsewhere.status).toBe(404)
  expect(await verifierOf(tenant).verifyToken(await tenant.mint({ audience }))).not.toBeNull()
})
