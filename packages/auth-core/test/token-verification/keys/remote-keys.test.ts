import { gzipSync } from 'node:zlib'
import type { JWK } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createBearerGate } from '../../../src/gate/create-bearer-gate.js'
import { OAuthError } from '../../../src/oauth/oauth-error.js'
import { isSignedByOneOf } from '../../../src/token-verification/jwt/jws.js'
import { JWTVerifier } from '../../../src/token-verification/jwt-verifier.js'
import type { JWTVerifierOptions } from '../../../src/token-verification/jwt-verifier-options.js'
import { RemoteKeys } from '../../../src/token-verification/keys/remote-keys.js'
import { recorder } from '../../harness/events.js'
import {
  type Answer,
  byPath,
  json,
  type LoopbackServer,
  startServer,
  status,
} from '../../harness/loopback-server.js'
import { recalled } from '../../harness/recalled.js'
import { testClock } from '../../harness/test-clock.js'
import { issuer, newKey, resource, signToken, type TestKey } from '../../harness/tokens.js'

let key: TestKey
let newerKey: TestKey
let server: LoopbackServer

beforeAll(async () => {
  ;[key, newerKey] = await Promise.all([newKey(), newKey('ES256', 'key-2')])
})
beforeEach(async () => {
  server = await startServer(json({ keys: [key.publicJwk] }))
})
afterEach(() => server.close())

function setUp(options: Readonly<Record<string, unknown>> = {}) {
  const clock = testClock()
  const listen = recorder()
  const verifier = new JWTVerifier({
    issuer,
    jwksUri: `${server.origin}/jwks`,
    now: clock,
    onEvent: listen,
    ...options,
  } as JWTVerifierOptions)
  let serial = 0
  return {
    clock,
    listen,
    verifier,
    /** Verifies a new token. */
    verify: (signer: TestKey = key, claims: Record<string, unknown> = {}, header = {}) => {
      serial += 1
      return signToken(signer, clock(), { claims: { jti: `token-${serial}`, ...claims }, header }).then(
        (token) => verifier.verifyToken(token, { resource }),
      )
    },
  }
}

/** Makes the responses of the server now, and holds them until they are released. */
function holding(answer: Answer) {
  const held: (() => void)[] = []
  server.answerWith((request, response) => held.push(() => answer(request, response)))
  return {
    arrived: () => vi.waitFor(() => expect(held).toHaveLength(1), { interval: 5, timeout: 5000 }),
    release: () => {
      for (const letGo of held.splice(0)) letGo()
    },
  }
}

const outage = { name: 'OAuthError', code: 'temporarily_unavailable', status: 503 }

describe('fetching keys', () => {
  test('M-10 fifty concurrent requests cause one fetch', async () => {
    const { verify } = setUp()
    const answers = await Promise.all(Array.from({ length: 50 }, () => verify()))
    expect(answers.every((answer) => answer !== null)).toBe(true)
    expect(server.requests).toEqual(['/jwks'])
  })

  test('M-15 keys older than five minutes are refreshed in the background', async () => {
    const { clock, verify } = setUp()
    await verify()
    clock.advance(300)
    await verify()
    expect(server.requests).toHaveLength(1)

    server.answerWith(() => {})
    clock.advance(1)
    expect(await verify()).not.toBeNull()
    expect(await verify()).not.toBeNull()
    await vi.waitFor(() => expect(server.requests).toHaveLength(2), { interval: 5, timeout: 5000 })
    clock.advance(299)
    expect(await verify()).not.toBeNull()
  })

  test('M-15 after ten minutes requests wait for new keys', async () => {
    const { clock, verify } = setUp()
    await verify()
    server.answerWith(json({ keys: [newerKey.publicJwk] }))
    clock.advance(601)
    expect(await verify(newerKey)).not.toBeNull()
    expect(server.requests).toHaveLength(2)
  })

  test('M-15 A-16 setting the clock back does not extend a removed key', async () => {
    const { clock, verify, verifier } = setUp()
    const token = await signToken(key, clock())
    expect(await verifier.verifyToken(token, { resource })).not.toBeNull()
    server.answerWith(json({ keys: [newerKey.publicJwk] }))
    clock.advance(-3600)
    expect(recalled(verifier, token, { resource })).toBeUndefined()
    expect(await verify()).toBeNull()
    expect(await verify(newerKey)).not.toBeNull()
    // A failed fetch does not postpone the next one either.
    server.answerWith(status(500))
    clock.advance(601)
    expect(await verify(newerKey)).not.toBeNull()
    clock.advance(-400)
    server.answerWith(json({ keys: [key.publicJwk] }))
    expect(await verify()).not.toBeNull()
  })

  test('M-15 A-16 made-up key IDs cause at most one fetch in 30 seconds', async () => {
    const { clock, verifier, verify } = setUp()
    await verify()
    clock.advance(31)
    const header = (i: number) => ({ header: { kid: `made-up-${i}` } })
    const tokens = await Promise.all(
      Array.from({ length: 100 }, (_, i) => signToken(newerKey, clock(), header(i))),
    )
    // All of them at once, before there is an answer.
    const answers = await Promise.all(tokens.map((token) => verifier.verifyToken(token, { resource })))
    expect(answers.every((answer) => answer === null)).toBe(true)
    clock.advance(29)
    expect(await verify(newerKey, {}, { kid: 'made-up-7' })).toBeNull()
    await expect(verify(newerKey, {}, { kid: 'made-up' })).rejects.toMatchObject({ ...outage, retryAfter: 1 })
    expect(server.requests).toHaveLength(2)
    clock.advance(1)
    expect(await verify(newerKey, {}, { kid: 'made-up' })).toBeNull()
    expect(await verify()).not.toBeNull()
    expect(server.requests).toHaveLength(3)
  })

  test('A-16 a new key works at once, and the next new key after 30 seconds', async () => {
    const { clock, verify } = setUp()
    await verify()
    server.answerWith(json({ keys: [key.publicJwk, newerKey.publicJwk] }))
    expect(await verify(newerKey)).not.toBeNull()
    const newest = await newKey('ES256', 'key-3')
    server.answerWith(json({ keys: [key.publicJwk, newerKey.publicJwk, newest.publicJwk] }))
    // The issuer was not asked about this key yet, so its token is not invalid.
    await expect(verify(newest)).rejects.toMatchObject({ ...outage, retryAfter: 30 })
    clock.advance(29)
    await expect(verify(newest)).rejects.toMatchObject({ ...outage, retryAfter: 1 })
    clock.advance(1)
    expect(await verify(newest)).not.toBeNull()
    expect(await verify(key)).not.toBeNull()
    expect(server.requests).toHaveLength(3)
  })

  test('A-16 A-17 made-up key IDs delay verdicts on new and removed keys only until the next fetch', async () => {
    const { clock, verify } = setUp()
    await verify()
    const madeUp = (name: string) => verify(newerKey, {}, { kid: name }).catch(() => 'outage')
    expect(await madeUp('first')).toBeNull()
    // The issuer rotates its key during fifty made-up key IDs a minute.
    server.answerWith(json({ keys: [key.publicJwk, newerKey.publicJwk] }))
    await expect(verify(newerKey)).rejects.toMatchObject(outage)
    await expect(verify(newerKey, {}, { kid: 'withdrawn long ago' })).rejects.toMatchObject(outage)
    for (let i = 0; i < 50; i += 1) expect(await madeUp(`made-up-${i}`)).toBe('outage')
    expect(server.requests).toHaveLength(2)

    // One fetch settles all waiting key IDs.
    clock.advance(30)
    expect(await madeUp('second')).toBeNull()
    expect(server.requests).toHaveLength(3)
    expect(await verify(newerKey)).not.toBeNull()
    expect(await verify(newerKey, {}, { kid: 'withdrawn long ago' })).toBeNull()
    expect(await madeUp('made-up-49')).toBeNull()
    expect(await madeUp('third')).toBe('outage')
    expect(server.requests).toHaveLength(3)
  })

  test('A-16 A-17 a failed fetch settles no key ID, and a flood of key IDs only delays a verdict', async () => {
    const { clock, verify } = setUp()
    await verify()
    expect(await verify(newerKey, {}, { kid: 'first' })).toBeNull()
    const old = () => verify(newerKey, {}, { kid: 'withdrawn long ago' })
    await expect(old()).rejects.toMatchObject(outage)
    server.answerWith(status(500))
    clock.advance(30)
    await expect(old()).rejects.toMatchObject(outage)
    server.answerWith(json({ keys: [key.publicJwk] }))
    clock.advance(30)
    expect(await verify(newerKey, {}, { kid: 'second' })).toBeNull()
    expect(await old()).toBeNull()

    const storm = Array.from({ length: 200 }, (_, i) => verify(newerKey, {}, { kid: `made-up-${i}` }))
    const answers = await Promise.allSettled(storm)
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set(['rejected']))
    await expect(old()).rejects.toMatchObject(outage)
    // A key ID that is too long to be remembered counts as new in that time.
    for (let i = 0; i < 2; i += 1)
      await expect(verify(newerKey, {}, { kid: 'x'.repeat(1000) })).rejects.toMatchObject(outage)
    expect(await verify()).not.toBeNull()
    clock.advance(30)
    expect(await verify(newerKey, {}, { kid: 'x'.repeat(1000) })).toBeNull()
    expect(await old()).toBeNull()
  })

  test('A-16 a removed key gets a 401 without another fetch', async () => {
    const { clock, verify } = setUp()
    await verify()
    server.answerWith(json({ keys: [newerKey.publicJwk] }))
    expect(await verify(newerKey)).not.toBeNull()
    clock.advance(1)
    expect(await verify(key)).toBeNull()
    expect(server.requests).toHaveLength(2)
  })

  test('A-16 A-17 a token of a removed key is refused during a flood of made-up key IDs', async () => {
    const { clock, verify } = setUp()
    await verify()
    server.answerWith(json({ keys: [newerKey.publicJwk] }))
    expect(await verify(newerKey)).not.toBeNull()
    for (let round = 0; round < 40; round += 1) {
      clock.advance(15)
      const storm = Array.from({ length: 101 }, (_, i) =>
        verify(newerKey, {}, { kid: `made-up-${round}-${i}` }),
      )
      await Promise.allSettled(storm)
      expect(await verify()).toBeNull()
    }
    expect(await verify(newerKey)).not.toBeNull()
    // One fetch in 30 seconds, besides the first two.
    expect(server.requests).toHaveLength(2 + 20)
  })

  test('A-16 A-17 a key ID that was guessed before its key was published is fetched again', async () => {
    const { clock, verify } = setUp()
    await verify()
    expect(await verify(newerKey)).toBeNull()
    clock.advance(29)
    expect(await verify(newerKey)).toBeNull()
    clock.advance(1)
    expect(await verify(newerKey, {}, { kid: 'made-up' })).toBeNull()
    server.answerWith(json({ keys: [key.publicJwk, newerKey.publicJwk] }))
    await expect(verify(newerKey)).rejects.toMatchObject({ ...outage, retryAfter: 30 })
    clock.advance(30)
    expect(await verify(newerKey)).not.toBeNull()
    expect(server.requests).toHaveLength(4)
  })

  test('A-16 A-17 one more fetch finds a new key that a slow fetch has missed, however many requests wait', async () => {
    const { clock, verify, verifier } = setUp()
    await verify()
    const tokens = await Promise.all(
      Array.from({ length: 20 }, () => signToken(newerKey, clock(), { header: { kid: 'key-2' } })),
    )
    const slow = holding(json({ keys: [key.publicJwk] }))
    const invented = verify(newerKey, {}, { kid: 'made-up' })
    await slow.arrived()
    const joined = tokens.map((token) => verifier.verifyToken(token, { resource }))
    clock.advance(1)
    server.answerWith(json({ keys: [key.publicJwk, newerKey.publicJwk] }))
    slow.release()
    expect(await invented).toBeNull()
    for (const answer of await Promise.all(joined)) expect(answer).not.toBeNull()
    expect(server.requests).toHaveLength(3)
  })

  test('A-16 A-17 M-15 a slow issuer is not asked a third time within 30 seconds, and the token gets a 503', async () => {
    const { clock, verify, verifier } = setUp()
    await verify()
    const token = await signToken(newerKey, clock())
    const another = await signToken(newerKey, clock(), { header: { kid: 'made-up-5' } })
    const first = holding(json({ keys: [key.publicJwk] }))
    const invented = verify(newerKey, {}, { kid: 'made-up-4' })
    await first.arrived()
    const joins = verifier.verifyToken(another, { resource })
    clock.advance(1)
    const second = holding(json({ keys: [key.publicJwk] }))
    first.release()
    await second.arrived()
    // It comes too late for the second as well.
    const late = verifier.verifyToken(token, { resource })
    clock.advance(1)
    server.answerWith(json({ keys: [key.publicJwk, newerKey.publicJwk] }))
    second.release()
    expect([await invented, await joins]).toEqual([null, null])
    await expect(late).rejects.toMatchObject({ ...outage, retryAfter: 28 })
    clock.advance(27)
    await expect(verify(newerKey)).rejects.toMatchObject({ ...outage, retryAfter: 1 })
    expect(server.requests).toHaveLength(3)
    clock.advance(1)
    expect(await verify(newerKey)).not.toBeNull()
    expect(server.requests).toHaveLength(4)
  })

  test('A-16 A-17 a new key that a fetch of the same second has missed gets a 503 until the next fetch', async () => {
    const { clock, verify, verifier } = setUp()
    await verify()
    const token = await signToken(newerKey, clock())
    const slow = holding(json({ keys: [key.publicJwk] }))
    const invented = verify(newerKey, {}, { kid: 'made-up' })
    await slow.arrived()
    const joins = verifier.verifyToken(token, { resource })
    server.answerWith(json({ keys: [key.publicJwk, newerKey.publicJwk] }))
    slow.release()
    expect(await invented).toBeNull()
    await expect(joins).rejects.toMatchObject({ ...outage, retryAfter: 30 })
    clock.advance(29)
    await expect(verify(newerKey)).rejects.toMatchObject({ ...outage, retryAfter: 1 })
    expect(server.requests).toHaveLength(2)
    clock.advance(1)
    expect(await verify(newerKey)).not.toBeNull()
  })

  test('A-16 A-17 a key that replaced one of the same ID is found after a slow fetch that missed it', async () => {
    const clock = testClock()
    const replacement = await newKey('ES256', 'key-1')
    const answers: ((by: TestKey) => void)[] = []
    let checks = 0
    const fetchKeys = () =>
      new Promise<{ keys: JWK[] }>((resolve) => {
        answers.push(({ publicJwk }) => resolve({ keys: [publicJwk] }))
      })
    const keys = new RemoteKeys(fetchKeys, clock)
    const isSigned = async (by: TestKey) => {
      const token = await signToken(by, clock())
      const header = { alg: 'ES256', kid: 'key-1' }
      return keys.isSignedBy(header, async (found) => {
        const isGood = await isSignedByOneOf(found, token, 'ES256')
        checks += 1
        return isGood
      })
    }
    const reaches = async (fetches: number, checked: number) => {
      const seen = () => expect([answers.length, checks]).toEqual([fetches, checked])
      await vi.waitFor(seen, { interval: 5, timeout: 5000 })
      // What follows a check without waiting for anything has happened too.
      await new Promise((resolve) => setImmediate(resolve))
    }
    const known = isSigned(key)
    await reaches(1, 0)
    answers[0]?.(key)
    expect(await known).toBe(true)

    for (const { seconds, isFound } of [
      { seconds: 0, isFound: undefined },
      { seconds: 1, isFound: true },
    ]) {
      clock.advance(30)
      const fetches = answers.length
      const checked = checks
      const forged = isSigned(newerKey)
      await reaches(fetches + 1, checked + 1)
      const joins = isSigned(replacement)
      await reaches(fetches + 1, checked + 2)
      clock.advance(seconds)
      answers.at(-1)?.(key)
      expect(await forged).toBe(false)
      if (isFound) {
        await reaches(fetches + 2, checked + 4)
        answers.at(-1)?.(replacement)
      }
      expect(await joins).toBe(isFound)
    }
    expect(answers).toHaveLength(4)
  })

  test('A-16 a token whose keys are being fetched causes no second fetch', async () => {
    const { clock, verifier } = setUp()
    const tokens = await Promise.all(Array.from({ length: 20 }, () => signToken(newerKey, clock())))
    // All of them at once, before there is an answer.
    const answers = await Promise.all(tokens.map((token) => verifier.verifyToken(token, { resource })))
    expect(new Set(answers)).toEqual(new Set([null]))
    expect(server.requests).toHaveLength(1)
  })

  test('A-16 A-17 an unknown key does not wait longer because the source was down at its first request', async () => {
    const { clock, verify } = setUp()
    await verify()
    server.answerWith(status(500))
    await expect(verify(newerKey)).rejects.toMatchObject(outage)
    server.answerWith(json({ keys: [key.publicJwk, newerKey.publicJwk] }))
    clock.advance(29)
    await expect(verify(newerKey)).rejects.toMatchObject(outage)
    clock.advance(1)
    expect(await verify(newerKey)).not.toBeNull()
  })

  test('a withdrawn key and the cached tokens that it signed are no longer used', async () => {
    const { clock, verifier, verify } = setUp()
    const token = await signToken(key, clock())
    expect(await verifier.verifyToken(token, { resource })).not.toBeNull()
    expect(recalled(verifier, token, { resource })).toBeDefined()
    server.answerWith(json({ keys: [newerKey.publicJwk] }))
    clock.advance(601)
    expect(await verify(newerKey)).not.toBeNull()
    expect(recalled(verifier, token, { resource })).toBeUndefined()
    expect(await verifier.verifyToken(token, { resource })).toBeNull()
  })

  test('M-15 a token is cached no longer than the keys that verified it', async () => {
    const { clock, verifier } = setUp()
    await verifier.ready()
    server.answerWith(json({ keys: [newerKey.publicJwk] }))
    clock.advance(299)
    const token = await signToken(key, clock())
    expect(await verifier.verifyToken(token, { resource })).not.toBeNull()
    // No other request causes a fetch of the keys meanwhile.
    clock.advance(300)
    expect(recalled(verifier, token, { resource })).toBeDefined()
    clock.advance(1)
    expect(recalled(verifier, token, { resource })).toBeUndefined()
    clock.advance(1)
    expect(await verifier.verifyToken(token, { resource })).toBeNull()
  })

  test('A-18 M-15 a token is cached only briefly while the source of its keys is down', async () => {
    const { clock, verifier } = setUp()
    await verifier.ready()
    server.answerWith(status(500))
    clock.advance(700)
    const token = await signToken(key, clock())
    expect(await verifier.verifyToken(token, { resource })).not.toBeNull()
    clock.advance(29)
    expect(recalled(verifier, token, { resource })).toBeDefined()
    clock.advance(1)
    expect(recalled(verifier, token, { resource })).toBeUndefined()
    expect(await verifier.verifyToken(token, { resource })).not.toBeNull()
  })

  test('a new key keeps cached tokens, and a withdrawn key clears them', async () => {
    const { clock, verifier, verify } = setUp()
    const token = await signToken(key, clock())
    const isRemembered = () => recalled(verifier, token, { resource }) !== undefined
    await verifier.verifyToken(token, { resource })
    server.answerWith(json({ keys: [key.publicJwk, newerKey.publicJwk] }))
    // The key is unknown, so the keys are fetched.
    await verify(newerKey)
    expect(isRemembered()).toBe(true)
    server.answerWith(json({ keys: [newerKey.publicJwk] }))
    clock.advance(301)
    await verify(newerKey)
    await vi.waitFor(() => expect(isRemembered()).toBe(false))
  })

  test('M-16 a malformed key does not affect the valid one beside it', async () => {
    server.answerWith(
      json({
        keys: [{ kty: 'EC', crv: 'P-256', x: '!', y: '!', kid: 'bad' }, 'text', null, [], key.publicJwk],
      }),
    )
    const { verify } = setUp()
    expect(await verify()).not.toBeNull()
    expect(await verify(key, {}, { kid: 'bad' })).toBeNull()
  })

  test('A-14 a shared secret among public keys verifies nothing', async () => {
    server.answerWith(json({ keys: [{ kty: 'oct', k: 'c2VjcmV0', kid: 'hmac' }, key.publicJwk] }))
    const { clock, verifier } = setUp()
    const forged = { alg: 'HS256', kid: 'hmac', privateKey: new TextEncoder().encode('secret') }
    expect(await verifier.verifyToken(await signToken(forged, clock()), { resource })).toBeNull()
  })

  test('M-08 a fetch of keys sends no cookies, credentials or referrer, and accepts JSON', async () => {
    const { verify } = setUp()
    await verify()
    const headers = server.lastHeaders()
    expect(headers.accept).toBe('application/json')
    for (const name of ['cookie', 'authorization', 'referer', 'origin'])
      expect(headers).not.toHaveProperty(name)
  })

  test('M-13 keys may be at a private address that the operator configured', async () => {
    const { verify } = setUp()
    expect(server.origin).toMatch(/^http:\/\/127\.0\.0\.1:/)
    expect(await verify()).not.toBeNull()
  })

  test('M-14 a custom fetch gets the same limits', async () => {
    let init: RequestInit | undefined
    const { verify } = setUp({
      fetch: async (_url: string, given: RequestInit) => {
        init = given
        return new Response(new Uint8Array(200 * 1024))
      },
    })
    await expect(verify()).rejects.toMatchObject(outage)
    expect(init).toMatchObject({ method: 'GET', redirect: 'manual' })
    expect(init?.signal).toBeInstanceOf(AbortSignal)
  })

  test('M-05 M-14 a response is refused if the fetch of the application followed a redirect', async () => {
    server.answerWith((request, response) => {
      if (request.url === '/jwks') response.writeHead(302, { location: '/elsewhere' }).end()
      else json({ keys: [key.publicJwk] })(request, response)
    })
    const { verify } = setUp({
      fetch: (url: string, init: RequestInit) => fetch(url, { ...init, redirect: 'follow' }),
    })
    await expect(verify()).rejects.toMatchObject(outage)
    server.answerWith(json({ keys: [key.publicJwk] }))
    expect(await setUp().verify()).not.toBeNull()
  })

  test('M-06 M-14 the deadline ends a fetch of the application that ignores signals', async () => {
    const { verify } = setUp({ timeout: 0.05, fetch: () => new Promise(() => {}) })
    await expect(verify()).rejects.toMatchObject(outage)
  })
})

describe('ready()', () => {
  test('ready() fetches the keys, so that the first token does not wait', async () => {
    const { verifier, verify } = setUp()
    await Promise.all([verifier.ready(), verifier.ready()])
    await verifier.ready()
    expect(server.requests).toHaveLength(1)
    server.answerWith(status(500))
    expect(await verify()).not.toBeNull()
  })

  test('A-17 ready() rejects with the cause, and can be called again', async () => {
    const { clock, verifier } = setUp()
    server.answerWith(status(500))
    await expect(verifier.ready()).rejects.toMatchObject({
      ...outage,
      cause: { message: `${server.origin}/jwks responded 500` },
    })
    server.answerWith(json({ keys: [key.publicJwk] }))
    clock.advance(5)
    await verifier.ready()
  })

  test('ready() resolves at once with configured keys', async () => {
    await new JWTVerifier({ issuer, jwks: { keys: [key.publicJwk] } }).ready()
    expect(server.requests).toEqual([])
  })
})

describe('a broken source of keys', () => {
  const endless: Answer = (_request, response) => {
    const chunk = Buffer.alloc(64 * 1024, ' ')
    const timer = setInterval(() => response.write(chunk), 1)
    response.on('close', () => clearInterval(timer))
  }
  const bomb: Answer = (_request, response) => {
    response.setHeader('content-encoding', 'gzip')
    response.end(gzipSync(Buffer.alloc(10 * 1024 * 1024, ' ')))
  }
  const hangUp: Answer = (_request, response) => response.destroy()
  const nested = (depth: number) => ({
    keys: [key.publicJwk],
    x: JSON.parse('['.repeat(depth) + ']'.repeat(depth)),
  })

  test.each<[string, Answer]>([
    ['responds with 500', status(500)],
    ['responds with 404', status(404)],
    ['responds with 401', status(401)],
    ['hangs up', hangUp],
    ['responds without JSON', status(200)],
    ['responds without a JWKS document', json({ keys: 'none' })],
    ['responds with a list', json([])],
    ['responds with no key', json({ keys: [] })],
    ['responds with no public key', json({ keys: [{ kty: 'oct', k: 'c2VjcmV0' }] })],
    ['responds with null', json(null)],
    ['responds with JSON of a thousand levels', (...given) => json(nested(1000))(...given)],
  ])('A-17 a source of keys that %s: the response is 503, not 401', async (_name, answer) => {
    server.answerWith(answer)
    const { verify, listen } = setUp()
    await expect(verify()).rejects.toMatchObject({ ...outage, retryAfter: 5 })
    expect(listen.events).toMatchObject([{ type: 'source.unavailable', source: 'jwks' }])
  })

  test('M-09 a document may be nested 32 levels deep', async () => {
    server.answerWith(json(nested(31)))
    expect(await setUp().verify()).not.toBeNull()
    server.answerWith(json(nested(32)))
    await expect(setUp().verify()).rejects.toMatchObject(outage)
  })

  test('M-09 members named __proto__ or constructor have no effect', async () => {
    const text = JSON.stringify({ keys: [key.publicJwk] })
    const member = '"__proto__":{"polluted":true,"kty":"RSA"},"constructor":{"prototype":{"polluted":true}}'
    server.answerWith((_request, response) =>
      response.end(text.replace('{', `{${member},`).replace('[{', `[{${member},`)),
    )
    const { verify } = setUp()
    expect(await verify()).toMatchObject({ subject: 'alice' })
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    // A member of the prototype is not a member of the document.
    server.answerWith((_request, response) => response.end(`{"__proto__":${text}}`))
    await expect(setUp().verify()).rejects.toMatchObject(outage)
  })

  test('A-17 a source of keys that is unreachable: the response is 503', async () => {
    const { verify } = setUp()
    await server.close()
    await expect(verify()).rejects.toMatchObject(outage)
  })

  test('M-05 a source of keys that redirects: the redirect is not followed', async () => {
    const elsewhere = await startServer(json({ keys: [key.publicJwk] }))
    try {
      for (const code of [301, 302, 303, 307, 308]) {
        server.answerWith(status(code, { location: `${elsewhere.origin}/jwks` }))
        await expect(setUp().verify()).rejects.toMatchObject(outage)
      }
      expect(elsewhere.requests).toEqual([])
    } finally {
      await elsewhere.close()
    }
  })

  test.each<[string, Answer]>([
    ['never stops', endless],
    ['compresses ten megabytes into a few', bomb],
  ])('M-07 a source of keys that %s: no more than the limit is read', async (_name, answer) => {
    server.answerWith(answer)
    await expect(setUp().verify()).rejects.toMatchObject(outage)
  })

  test('A-17 a token that is invalid without its signature causes no fetch', async () => {
    server.answerWith(status(500))
    const { verify } = setUp()
    expect(await verify(key, { iss: 'https://other.example.com' })).toBeNull()
    expect(await verify(key, { aud: 'https://other.example.com' })).toBeNull()
    expect(await verify(key, { exp: 1 })).toBeNull()
    expect(server.requests).toEqual([])
  })

  test('M-10 a source of keys that is down is fetched again after five seconds, not on every request', async () => {
    server.answerWith(status(500))
    const { clock, verify } = setUp()
    for (let i = 0; i < 20; i += 1) await expect(verify()).rejects.toMatchObject(outage)
    expect(server.requests).toHaveLength(1)
    server.answerWith(json({ keys: [key.publicJwk] }))
    clock.advance(5)
    expect(await verify()).not.toBeNull()
  })

  test('A-18 cached keys are valid for a day while their source is down, and no longer', async () => {
    const { clock, listen, verify } = setUp()
    await verify()
    server.answerWith(status(500))
    clock.advance(601)
    expect(await verify()).not.toBeNull()
    expect(listen.last()).toMatchObject({ type: 'source.unavailable' })
    clock.advance(24 * 3600 - 1)
    expect(await verify()).not.toBeNull()
    clock.advance(1)
    await expect(verify()).rejects.toMatchObject(outage)
  })

  test.each<[string, Answer]>([
    ['responds with no key', json({ keys: [] })],
    ['responds with no public key', json({ keys: [{ kty: 'oct', k: 'c2VjcmV0' }] })],
    ['responds with 404', status(404)],
    ['responds with 410', status(410)],
  ])(
    'A-18 A-17 a source of keys that %s: cached keys are valid for ten minutes more, because it may have withdrawn them',
    async (_name, answer) => {
      const { clock, listen, verify, verifier } = setUp()
      await verify()
      server.answerWith(answer)
      clock.advance(601)
      expect(await verify()).not.toBeNull()
      expect(listen.last()).toMatchObject({ type: 'source.unavailable' })
      // Even if it is down from then on, which proves nothing.
      server.answerWith(status(500))
      clock.advance(598)
      const token = await signToken(key, clock())
      expect(await verifier.verifyToken(token, { resource })).not.toBeNull()
      clock.advance(1)
      expect(await verify()).not.toBeNull()
      clock.advance(1)
      expect(recalled(verifier, token, { resource })).toBeUndefined()
      await expect(verify()).rejects.toMatchObject(outage)
      // It has the key again, and another outage proves nothing.
      server.answerWith(json({ keys: [key.publicJwk] }))
      clock.advance(30)
      expect(await verify()).not.toBeNull()
      server.answerWith(status(500))
      clock.advance(24 * 3600)
      expect(await verify()).not.toBeNull()
    },
  )

  test('A-18 A-17 keys that were cached a day ago are not used once their source has none', async () => {
    const { clock, verify } = setUp()
    await verify()
    server.answerWith(json({ keys: [] }))
    clock.advance(84_300)
    await expect(verify()).rejects.toMatchObject(outage)
    expect(server.requests).toHaveLength(2)
  })

  test('A-18 A-17 a response that is not a JWKS document withdraws no key', async () => {
    for (const answer of [status(200), json({ keys: 'none' }), json([]), status(401), status(302)]) {
      server.answerWith(json({ keys: [key.publicJwk] }))
      const { clock, verify } = setUp()
      await verify()
      server.answerWith(answer)
      clock.advance(24 * 3600)
      expect(await verify()).not.toBeNull()
    }
  })

  test('A-18 A-17 an unknown key gets a 503 while the source is down, because it may be new', async () => {
    const { clock, verify } = setUp()
    await verify()
    server.answerWith(status(500))
    clock.advance(30)
    await expect(verify(newerKey)).rejects.toMatchObject(outage)
    expect(await verify(key)).not.toBeNull()
  })

  test('A-17 M-11 the 503 has the same body for every cause', async () => {
    const bodies = new Set<string | undefined>()
    for (const answer of [status(500), status(404), hangUp, json({ keys: 'none' })]) {
      server.answerWith(answer)
      const { clock, verifier } = setUp({ audience: resource })
      const gate = createBearerGate(verifier)
      const down = (await gate.authenticate(`Bearer ${await signToken(key, clock())}`)).refusal
      expect(down).toMatchObject({ status: 503, headers: { 'retry-after': '5' } })
      expect(down?.headers).not.toHaveProperty('www-authenticate')
      bodies.add(down?.body)
    }
    expect([...bodies].map((body) => JSON.parse(body ?? ''))).toEqual([
      {
        error: 'temporarily_unavailable',
        error_description: 'The server cannot answer right now. Try again shortly.',
      },
    ])
  })
})

describe('discovery', () => {
  const rfc8414 = '/.well-known/oauth-authorization-server'
  const oidc = '/.well-known/openid-configuration'
  const good = () => json({ issuer: server.origin, jwks_uri: `${server.origin}/keys` })

  function discovering(path = '', options: Readonly<Record<string, unknown>> = {}) {
    const own = server.origin + path
    const { verify, ...rest } = setUp({ issuer: own, jwksUri: undefined, ...options })
    return { ...rest, verify: () => verify(key, { iss: own }) }
  }

  test('the metadata of RFC 8414 comes first', async () => {
    server.answerWith(byPath({ [rfc8414]: good(), '/keys': json({ keys: [key.publicJwk] }) }))
    expect(await discovering().verify()).not.toBeNull()
    expect(server.requests).toEqual([rfc8414, '/keys'])
  })

  test('OpenID Connect Discovery comes second', async () => {
    server.answerWith(byPath({ [oidc]: good(), '/keys': json({ keys: [key.publicJwk] }) }))
    expect(await discovering().verify()).not.toBeNull()
    expect(server.requests).toEqual([rfc8414, oidc, '/keys'])
  })

  test.each(['/tenant1', '/tenant1/'])(
    'the path of an issuer is where each standard puts it: %s',
    async (path) => {
      server.answerWith(
        byPath({
          [`/tenant1${oidc}`]: json({ issuer: server.origin + path, jwks_uri: `${server.origin}/keys` }),
          '/keys': json({ keys: [key.publicJwk] }),
        }),
      )
      expect(await discovering(path).verify()).not.toBeNull()
      expect(server.requests).toEqual([`${rfc8414}/tenant1`, `/tenant1${oidc}`, '/keys'])
    },
  )

  test.each([
    ['another issuer', () => ({ issuer: 'https://evil.example', jwks_uri: `${server.origin}/keys` })],
    ['a slash more', () => ({ issuer: `${server.origin}/`, jwks_uri: `${server.origin}/keys` })],
    ['no issuer', () => ({ jwks_uri: `${server.origin}/keys` })],
    ['no jwks_uri', () => ({ issuer: server.origin })],
    ['a jwks_uri that is no URL', () => ({ issuer: server.origin, jwks_uri: '/keys' })],
    ['nothing', () => null],
  ])('A-11 A-17 metadata with %s is an outage with an event', async (_name, metadata) => {
    const keys = json({ keys: [key.publicJwk] })
    server.answerWith(byPath({ [rfc8414]: json(metadata()), [oidc]: json(metadata()), '/keys': keys }))
    const { verify, listen } = discovering()
    await expect(verify()).rejects.toBeInstanceOf(OAuthError)
    expect(server.requests).toEqual([rfc8414, oidc])
    expect(listen.events).toMatchObject([{ type: 'source.unavailable', source: 'jwks' }])
  })

  test('A-11 metadata of an https issuer cannot name http keys', async () => {
    const fetched: string[] = []
    const { verify } = setUp({
      jwksUri: undefined,
      fetch: async (url: string) => {
        fetched.push(url)
        return Response.json({ issuer, jwks_uri: 'http://login.example.com/keys' })
      },
    })
    await expect(verify()).rejects.toMatchObject(outage)
    expect(fetched.map((url) => new URL(url).protocol)).toEqual(['https:', 'https:'])
  })

  test('M-06 one deadline covers finding the keys and fetching them', async () => {
    server.answerWith(byPath({ [oidc]: good(), '/keys': json({ keys: [key.publicJwk] }) }))
    const signals: unknown[] = []
    const noting = (url: string, init: RequestInit) => {
      signals.push(init.signal)
      return fetch(url, init)
    }
    expect(await discovering('', { fetch: noting }).verify()).not.toBeNull()
    expect(signals).toHaveLength(3)
    expect(new Set(signals).size).toBe(1)
  })

  test('M-06 one deadline ends discovery at an issuer that never responds', async () => {
    server.answerWith(() => {})
    const { verify, listen } = discovering('', { timeout: 0.05 })
    await expect(verify()).rejects.toMatchObject(outage)
    expect(listen.events).toMatchObject([{ type: 'source.unavailable', source: 'jwks' }])
    expect(server.requests).toEqual([rfc8414])
  })

  test('A-18 A-17 404 for all metadata limits cached keys in the same way as 404 for the keys', async () => {
    const answers = { [oidc]: good(), '/keys': json({ keys: [key.publicJwk] }) }
    server.answerWith(byPath(answers))
    const { clock, verify } = discovering()
    expect(await verify()).not.toBeNull()
    server.answerWith(byPath({ ...answers, [oidc]: status(500) }))
    clock.advance(1201)
    expect(await verify()).not.toBeNull()
    server.answerWith(status(404))
    clock.advance(30)
    expect(await verify()).not.toBeNull()
    await vi.waitFor(() => expect(verify()).rejects.toMatchObject(outage))
    server.answerWith(byPath(answers))
    clock.advance(5)
    expect(await verify()).not.toBeNull()
  })

  test('nothing is fetched before the first token', async () => {
    discovering()
    await Promise.resolve()
    expect(server.requests).toEqual([])
  })
})
