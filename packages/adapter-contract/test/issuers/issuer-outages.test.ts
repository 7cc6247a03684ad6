import { type AuthEvent, JWTVerifier, RemoteAuthProvider } from '@tollgate/auth-core'
import { type Breakage, type ListeningIssuer, listenTestIssuer } from '@tollgate/auth-testing'
import { exportJWK, generateKeyPair } from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { expectOutage } from '../harness/expectations.js'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { callMcp } from '../harness/oauth-driver.js'

/** Ordered by how close they are to a valid response. */
const breakages: Exclude<Breakage, (url: string) => unknown>[] = [
  'down',
  'silent',
  'slow',
  'error',
  'redirect',
  'html',
  'truncated',
  'empty',
  'oversized',
  'bomb',
]

describe.each(hosts)('a resource server on $name whose issuer is broken', ({ start }) => {
  let issuer: ListeningIssuer
  let host: RunningHost
  let events: AuthEvent[]

  beforeEach(() => setUp())
  afterEach(() => tearDown())
  const tearDown = () => Promise.all([host.close(), issuer.close()])

  /** @param timeout Short where a test waits for it, and otherwise too long to matter. */
  async function setUp(timeout = 60): Promise<void> {
    issuer = await listenTestIssuer()
    events = []
    host = await start((origin) => ({
      provider: new RemoteAuthProvider({
        baseUrl: origin,
        authorizationServers: [issuer.issuer],
        tokenVerifier: new JWTVerifier({
          issuer: issuer.issuer,
          now: issuer.now,
          timeout,
          onEvent: (event) => events.push(event),
        }),
      }),
    }))
  }

  /** Calls with a new token. */
  async function call(token: Parameters<ListeningIssuer['mint']>[0] = {}): Promise<Response> {
    return callMcp(host.origin, await issuer.mint({ audience: `${host.origin}/mcp`, ...token }))
  }

  test.each(breakages)(
    'A-17 A-18 M-05 M-06 M-07 M-09 M-13 an issuer that is broken (%s) causes a 503 without cached keys and no error with them',
    async (how) => {
      if (how === 'silent' || how === 'slow') {
        await tearDown()
        await setUp(0.2)
      }
      issuer.break(how)
      const cold = await call()
      const asked = [...issuer.requests]
      await expectOutage(cold)
      expect(cold.headers.get('www-authenticate')).toBeNull()
      expect(events).toMatchObject([{ type: 'source.unavailable', source: 'jwks' }])
      // The redirect leads to the valid document, which was not fetched.
      expect(asked.filter((url) => url.includes('?'))).toEqual([])

      // Tokens that cannot be from this issuer are still refused, without a request.
      expect((await call({ claims: { iss: 'https://other.example' } })).status).toBe(401)
      expect((await callMcp(host.origin, 'nonsense')).status).toBe(401)
      expect(issuer.requests).toEqual(asked)

      issuer.repair()
      issuer.now.advance(5)
      expect((await call()).status).toBe(200)

      issuer.break(how)
      issuer.now.advance(601)
      expect((await call()).status).toBe(200)
      await issuer.rotateKeys()
      await expectOutage(await call())
    },
  )

  test('A-17 M-10 requests do not cause fetches while the issuer is down', async () => {
    issuer.break('error')
    const answers = await Promise.all(Array.from({ length: 50 }, () => call()))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]))
    const once = [...issuer.requests]
    for (let i = 0; i < 10; i += 1) expect((await call()).status).toBe(503)
    expect(issuer.requests).toEqual(once)
    expect(new Set(once).size).toBe(once.length)
  })

  test('A-18 cached keys stay valid for one day past their refresh time', async () => {
    expect((await call()).status).toBe(200)
    issuer.break('down')
    issuer.now.advance(600 + 24 * 3600)
    expect((await call()).status).toBe(200)
    issuer.now.advance(1)
    await expectOutage(await call())
    issuer.repair()
    issuer.now.advance(30)
    expect((await call()).status).toBe(200)
  })

  test('A-17 A-18 keys of an issuer that returns errors stay valid for ten more minutes, then the verdict is 503', async () => {
    const { keys } = issuer.jwks()
    expect((await call()).status).toBe(200)
    issuer.publishKeys([])
    issuer.now.advance(600 + 600)
    expect((await call()).status).toBe(200)
    issuer.now.advance(1)
    const refusal = await call()
    await expectOutage(refusal)
    expect(refusal.headers.get('www-authenticate')).toBeNull()
    issuer.publishKeys(keys)
    issuer.now.advance(30)
    expect((await call()).status).toBe(200)
  })

  test('M-16 M-09 A-14 A-15 a valid key is found among every kind of invalid key', async () => {
    const [good] = issuer.jwks().keys
    const { publicKey } = await generateKeyPair('RS256', { extractable: true })
    const rsa = await exportJWK(publicKey)
    issuer.publishKeys([
      null,
      'text',
      7,
      [],
      {},
      { kty: 'unheard-of', kid: good?.kid },
      { ...good, x: '!' },
      { ...good, crv: 'P-0' },
      { ...good, use: 'enc' },
      { ...good, key_ops: ['sign'] },
      { ...good, alg: 'ES512' },
      { ...rsa, kid: good?.kid },
      { kty: 'oct', k: 'c2VjcmV0', kid: good?.kid, alg: 'ES256' },
      JSON.parse(`{ "__proto__": { "kty": "EC" }, "kid": "${good?.kid}" }`),
      good,
    ])
    expect((await call()).status).toBe(200)
    expect((await call({ header: { kid: undefined } })).status).toBe(200)
    expect((await call({ signedBy: 'otherKey' })).status).toBe(401)
    const secret = new TextEncoder().encode('secret')
    expect((await call({ signedBy: secret })).status).toBe(401)
  })

  test('A-15 A-16 keys with the same ID are all tried, and keys need no "use"', async () => {
    await issuer.rotateKeys({ kid: 'same' })
    const older = issuer.jwks().keys.filter(({ kid }) => kid === 'same')
    await issuer.rotateKeys({ kid: 'same' })
    const [newer] = issuer.jwks().keys
    for (const keys of [
      [newer, ...older],
      [...older, newer],
    ]) {
      issuer.publishKeys(keys.map((key) => ({ ...key, alg: undefined, use: undefined })))
      issuer.now.advance(601)
      expect((await call()).status).toBe(200)
      expect((await call({ header: { kid: undefined } })).status).toBe(200)
      expect((await call({ signedBy: 'otherKey' })).status).toBe(401)
    }
  })

  test('A-15 an encryption key verifies nothing, even if it is the only key', async () => {
    const [good] = issuer.jwks().keys
    issuer.publishKeys([{ ...good, use: 'enc' }])
    expect((await call()).status).toBe(401)
    issuer.repair()
    issuer.now.advance(601)
    expect((await call()).status).toBe(200)
  })
})
