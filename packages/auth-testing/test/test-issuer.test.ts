import { JWTVerifier } from '@tollgate/auth-core'
import { createTestIssuer, listenTestIssuer, type TestIssuer } from '@tollgate/auth-testing'
import { beforeEach, describe, expect, test } from 'vitest'

const audience = 'https://api.example.com/mcp'

describe('an issuer without a network', () => {
  let issuer: TestIssuer
  let verifier: JWTVerifier

  beforeEach(async () => {
    issuer = await createTestIssuer()
    verifier = new JWTVerifier({ issuer: issuer.issuer, audience, fetch: issuer.fetch, now: issuer.now })
  })

  test('mints tokens that a verifier accepts, with keys that it discovers', async () => {
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
    expect(issuer.jwksRequests).toBe(1)
  })

  test.each([
    ['that has expired', { expiresIn: -120 }],
    ['for another audience', { audience: 'https://other.example/mcp' }],
    ['of another kind', { header: { typ: 'JWT' } }],
    ['signed with a key that is not published', { withForeignKey: true }],
    ['without a claim', { claims: { exp: undefined } }],
  ])('mints a token %s, which is refused', async (_, options) => {
    expect(await verifier.verifyToken(await issuer.mint({ audience, ...options }))).toBeNull()
  })

  test('moves the clock', async () => {
    const token = await issuer.mint({ audience, expiresIn: 60 })
    expect(await verifier.verifyToken(token)).not.toBeNull()
    issuer.now.advance(120)
    expect(await verifier.verifyToken(token)).toBeNull()
  })

  test('rotates keys, with and without withdrawing the old one', async () => {
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

  test.each(['down', 'error', 'garbage'] as const)('is %s until it is repaired', async (how) => {
    issuer.break(how)
    const token = await issuer.mint({ audience })
    await expect(verifier.verifyToken(token)).rejects.toMatchObject({ code: 'temporarily_unavailable' })
    issuer.repair()
    issuer.now.advance(10)
    expect(await verifier.verifyToken(token)).not.toBeNull()
  })

  test('is silent until the caller gives up', async () => {
    issuer.break('silent')
    const aborted = AbortSignal.abort(new Error('gave up'))
    const pending = issuer.fetch(issuer.jwksUri, { signal: new AbortController().signal })
    expect(await Promise.race([pending, Promise.resolve('pending')])).toBe('pending')
    await expect(issuer.fetch(issuer.jwksUri, { signal: aborted })).rejects.toThrow('gave up')
  })

  test('answers at the path of its name, and nowhere else', async () => {
    const tenant = await createTestIssuer({ issuer: 'https://issuer.test/tenant/', algorithm: 'EdDSA' })
    const found = await tenant.fetch('https://issuer.test/.well-known/oauth-authorization-server/tenant')
    expect(await found.json()).toEqual({ issuer: 'https://issuer.test/tenant/', jwks_uri: tenant.jwksUri })
    expect((await tenant.fetch('https://issuer.test/.well-known/oauth-authorization-server')).status).toBe(
      404,
    )
    const strict = new JWTVerifier({ issuer: tenant.issuer, audience, jwks: tenant.jwks(), now: tenant.now })
    expect(await strict.verifyToken(await tenant.mint({ audience }))).not.toBeNull()
  })
})

describe('an issuer on loopback', () => {
  test('is found by a verifier that uses the network', async () => {
    const issuer = await listenTestIssuer()
    const verifier = new JWTVerifier({ issuer: issuer.issuer, audience, now: issuer.now })
    const token = await issuer.mint({ audience })
    expect(await verifier.verifyToken(token)).not.toBeNull()
    expect(issuer.jwksRequests).toBe(1)
    await issuer.close()
  })

  test('can be down and silent, too', async () => {
    const issuer = await listenTestIssuer()
    issuer.break('down')
    await expect(fetch(issuer.jwksUri)).rejects.toThrow()
    issuer.break('silent')
    await expect(fetch(issuer.jwksUri, { signal: AbortSignal.timeout(50) })).rejects.toThrow()
    await issuer.close()
  })
})
