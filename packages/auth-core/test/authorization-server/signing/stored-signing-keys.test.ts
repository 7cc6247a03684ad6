import { decodeProtectedHeader, type JSONWebKeySet } from 'jose'
import { describe, expect, test } from 'vitest'
import { OAuthProvider } from '../../../src/authorization-server/oauth-provider.js'
import {
  type SigningAlgorithm,
  signingAlgorithms,
} from '../../../src/authorization-server/signing/signing-key.js'
import { dispatch } from '../../../src/http/route.js'
import { memoryStore } from '../../../src/store/memory-store.js'
import type { Store } from '../../../src/store/store.js'
import { JWTVerifier } from '../../../src/token-verification/jwt-verifier.js'
import { recorder } from '../../harness/events.js'
import { mintOwnToken } from '../../harness/own-tokens.js'
import { recalled } from '../../harness/recalled.js'
import { testClock } from '../../harness/test-clock.js'

const origin = 'https://notes.example.com'
const minute = 60
const hour = 3600
const day = 24 * hour

type Options = Partial<ConstructorParameters<typeof OAuthProvider>[0]>

/** One process of the server. */
function processOf(options: Options & { store: Store }): OAuthProvider {
  const provider = new OAuthProvider({ baseUrl: origin, signIn: () => ({ denied: true }), ...options })
  provider.setMcpPath('/mcp')
  return provider
}

async function jwksOf(provider: OAuthProvider) {
  const response = (await dispatch(provider.getRoutes(), new Request(`${origin}/jwks`))) as Response
  const maxAge = Number(/max-age=(\d+)/.exec(response.headers.get('cache-control') ?? '')?.[1])
  return { status: response.status, maxAge, document: (await response.json()) as JSONWebKeySet }
}

const kidsOf = async (provider: OAuthProvider) => (await jwksOf(provider)).document.keys.map(({ kid }) => kid)
const kidOf = (token: string) => decodeProtectedHeader(token).kid
const isGood = async (provider: OAuthProvider, token: string) => (await provider.verifyToken(token)) !== null

/** A resource server behind an HTTP cache that keeps each document until it is stale. */
function cachingVerifier(clock: () => number, jwksUri: () => ReturnType<typeof jwksOf>) {
  let cached: { text: string; until: number } | undefined
  return new JWTVerifier({
    issuer: origin,
    jwksUri: `${origin}/jwks`,
    now: clock,
    async fetch() {
      if (cached === undefined || cached.until <= clock()) {
        const { document, maxAge } = await jwksUri()
        cached = { text: JSON.stringify(document), until: clock() + maxAge }
      }
      return new Response(cached.text, { headers: { 'content-type': 'application/json' } })
    },
  })
}

describe('rotation', () => {
  test('B-25 no resource server ever sees a token whose key its cached document lacks', async () => {
    const clock = testClock()
    const store = memoryStore({ now: clock })
    // One process issues. Another one publishes, with a clock that is four minutes behind.
    const lifetimes = { signingKey: 36 * hour }
    const issuing = processOf({ store, lifetimes, now: clock })
    const publishing = processOf({ store, lifetimes, now: () => clock() - 4 * minute })
    const verifiers = [0, 1, 2, 3, 4, 5].map(() => cachingVerifier(clock, () => jwksOf(publishing)))
    const used = new Set<string | undefined>()
    const tokens: string[] = []

    for (let step = 0; step < (4 * day) / (2 * minute); step += 1) {
      clock.advance(2 * minute)
      const token = await mintOwnToken(issuing)
      used.add(kidOf(token))
      tokens.push(token)
      // The token has nearly expired, and its key may have stopped signing.
      const oldest = tokens.length < 30 ? token : (tokens.shift() as string)
      // Each cache starts later than the previous one, so the documents differ in age.
      for (const verifier of verifiers.slice(0, step + 1)) {
        for (const one of [token, oldest]) {
          const verified = await verifier.verifyToken(one, { resource: `${origin}/mcp` })
          if (verified === null) expect.fail(`refused at step ${step}, with the keys ${[...used]}`)
        }
      }
    }
    expect(used.size).toBe(3)
  }, 60_000)

  test('B-25 a key is published from a day before it signs until its tokens have expired', async () => {
    const clock = testClock()
    const listen = recorder()
    const provider = processOf({ store: memoryStore({ now: clock }), now: clock, onEvent: listen })
    const first = await mintOwnToken(provider)
    expect(await kidsOf(provider)).toEqual([kidOf(first)])
    clock.advance(89 * day)
    const [, second] = await kidsOf(provider)
    expect(second).toBeDefined()
    expect(listen.last()).toEqual({ type: 'key.added', kid: second, alg: 'ES256', signsFrom: clock() + day })
    clock.advance(day - 1)
    const last = await mintOwnToken(provider)
    expect(kidOf(last)).toBe(kidOf(first))
    clock.advance(1)
    expect(kidOf(await mintOwnToken(provider))).toBe(second)
    clock.advance(hour - 2)
    expect(await isGood(provider, last)).toBe(true)
    expect(await kidsOf(provider)).toEqual([kidOf(first), second])
    clock.advance(hour)
    expect(await kidsOf(provider)).toEqual([second])
  })

  test('B-25 a server that was idle for years publishes a key before it signs', async () => {
    const clock = testClock()
    const provider = processOf({ store: memoryStore({ now: clock }), now: clock })
    const first = await mintOwnToken(provider)
    clock.advance(1000 * day)
    expect(kidOf(await mintOwnToken(provider))).toBe(kidOf(first))
    expect(await kidsOf(provider)).toHaveLength(2)
    clock.advance(day)
    expect(kidOf(await mintOwnToken(provider))).not.toBe(kidOf(first))
  })

  test('B-25 N-03 one of many concurrent processes makes the next key', async () => {
    const clock = testClock()
    const memory = memoryStore({ now: clock })
    // Every process reads before any process writes.
    const store = {
      ...memory,
      get: async (key: string) => {
        const value = await memory.get(key)
        await new Promise((resolve) => setTimeout(resolve, 5))
        return value
      },
    }
    const started = Array.from({ length: 10 }, () => processOf({ store, now: clock }))
    const first = await Promise.all(started.map(kidsOf))
    expect(new Set(first.flat()).size).toBe(1)
    clock.advance(89 * day)
    const second = await Promise.all(started.map(kidsOf))
    expect(new Set(second.map(String)).size).toBe(1)
    expect(second[0]).toHaveLength(2)
    const tokens = await Promise.all(started.map(mintOwnToken))
    for (const token of tokens) {
      for (const provider of started) expect(await isGood(provider, token)).toBe(true)
    }
  })

  test('B-15 no private key is published, and a key that has signed its last token is deleted', async () => {
    const clock = testClock()
    const memory = memoryStore({ now: clock })
    const written = new Map<string, string>()
    const store = {
      ...memory,
      add: (key: string, value: string, ttl: number) => {
        written.set(key, value)
        return memory.add(key, value, ttl)
      },
      compareAndSwap: (key: string, expected: string, value: string, ttl: number) => {
        written.set(key, value)
        return memory.compareAndSwap(key, expected, value, ttl)
      },
    }
    const provider = processOf({ store, now: clock })
    const privateParts = () => [...written.values()].join().match(/"d":"/g)?.length
    await jwksOf(provider)
    expect(privateParts()).toBe(1)
    clock.advance(89 * day)
    const { document } = await jwksOf(provider)
    expect(document.keys).toHaveLength(2)
    for (const key of document.keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
    }
    expect(privateParts()).toBe(2)
    clock.advance(day + 10 * minute)
    await jwksOf(provider)
    expect(privateParts()).toBe(1)
  })
})

describe('a new algorithm', () => {
  test.each([...signingAlgorithms])(
    'D-18 a token signed with %s is accepted by the provider and by JWTVerifier',
    async (algorithm) => {
      const clock = testClock()
      const store = memoryStore({ now: clock })
      const signingAlgorithm = algorithm as SigningAlgorithm
      const provider = processOf({ store, now: clock, signingAlgorithm })
      const token = await mintOwnToken(provider)
      expect(decodeProtectedHeader(token)).toEqual({ alg: algorithm, typ: 'at+jwt', kid: expect.any(String) })
      expect(await isGood(provider, token)).toBe(true)
      const { document } = await jwksOf(provider)
      expect(document.keys[0]).toMatchObject({ alg: algorithm, use: 'sig' })
      expect(JSON.stringify(document)).not.toMatch(/"(?:d|p|q|dp|dq|qi|k)":/)
      const verifier = new JWTVerifier({ issuer: origin, jwks: document, now: clock })
      expect(await verifier.verifyToken(token, { resource: `${origin}/mcp` })).not.toBeNull()
    },
  )

  test('B-25 a new algorithm takes over like a new key, and previous tokens stay valid', async () => {
    const clock = testClock()
    const store = memoryStore({ now: clock })
    const before = await mintOwnToken(processOf({ store, now: clock }))
    const provider = processOf({ store, now: clock, signingAlgorithm: 'PS256' })
    expect(kidOf(await mintOwnToken(provider))).toBe(kidOf(before))
    expect((await jwksOf(provider)).document.keys.map(({ alg }) => alg)).toEqual(['ES256', 'PS256'])
    expect(await isGood(provider, before)).toBe(true)
    clock.advance(day - 10)
    const last = await mintOwnToken(provider)
    clock.advance(10)
    expect(decodeProtectedHeader(await mintOwnToken(provider)).alg).toBe('PS256')
    expect(await isGood(provider, last)).toBe(true)
  })
})

describe('a leaked key', () => {
  test('B-25 removing a key revokes its tokens immediately, cached or not', async () => {
    const clock = testClock()
    const listen = recorder()
    const provider = processOf({ store: memoryStore({ now: clock }), now: clock, onEvent: listen })
    const [remembered, other] = [await mintOwnToken(provider), await mintOwnToken(provider)]
    expect(await isGood(provider, remembered)).toBe(true)
    expect(recalled(provider, remembered)).toBeDefined()
    await provider.rotateSigningKey()
    expect(recalled(provider, remembered)).toBeUndefined()
    expect(await isGood(provider, remembered)).toBe(false)
    expect(await isGood(provider, other)).toBe(false)

    const next = await mintOwnToken(provider)
    expect(await isGood(provider, next)).toBe(true)
    expect(await kidsOf(provider)).toEqual([kidOf(next)])
    expect(kidOf(next)).not.toBe(kidOf(other))
    expect(listen.events.slice(1, 3)).toEqual([
      { type: 'key.withdrawn', kid: kidOf(other) },
      { type: 'key.added', kid: kidOf(next), alg: 'ES256', signsFrom: clock() },
    ])
  })

  test('B-25 rotating removes a key that waits to sign', async () => {
    const clock = testClock()
    const provider = processOf({ store: memoryStore({ now: clock }), now: clock })
    await jwksOf(provider)
    clock.advance(89 * day)
    const before = await kidsOf(provider)
    expect(before).toHaveLength(2)
    await provider.rotateSigningKey()
    const after = await kidsOf(provider)
    expect(after).toHaveLength(1)
    expect(before).not.toContain(after[0])
  })

  test('B-25 other processes notice a removed key within twice the lag and accept new tokens immediately', async () => {
    const clock = testClock()
    const store = memoryStore({ now: clock })
    const [here, there] = [processOf({ store, now: clock }), processOf({ store, now: clock })]
    const token = await mintOwnToken(here)
    expect(await isGood(there, token)).toBe(true)
    clock.advance(1)
    await here.rotateSigningKey()
    // The other process does not know the key yet, so it reads the ring again.
    expect(await isGood(there, await mintOwnToken(here))).toBe(true)
    clock.advance(20)
    expect(recalled(there, token)).toBeUndefined()
    expect(await isGood(there, token)).toBe(false)
  })

  test('B-25 a clock that is set back does not delay noticing a removed key', async () => {
    const clock = testClock()
    const store = memoryStore({ now: clock })
    const [here, there] = [processOf({ store, now: clock }), processOf({ store, now: clock })]
    const token = await mintOwnToken(here)
    expect(await isGood(there, token)).toBe(true)
    await here.rotateSigningKey()
    clock.advance(-20)
    expect(recalled(there, token)).toBeUndefined()
    expect(await isGood(there, token)).toBe(false)
  })

  test('B-25 a token whose verification began before the removal is not cached', async () => {
    const clock = testClock()
    const memory = memoryStore({ now: clock })
    let meanwhile: () => Promise<void> = async () => {}
    const store = {
      ...memory,
      get: async (key: string) => {
        const value = await memory.get(key)
        if (key.startsWith('family:')) await meanwhile()
        return value
      },
    }
    const provider = processOf({ store, now: clock })
    const token = await mintOwnToken(provider)
    meanwhile = () => provider.rotateSigningKey()
    await provider.verifyToken(token)
    expect(recalled(provider, token)).toBeUndefined()
    meanwhile = async () => {}
    expect(await isGood(provider, token)).toBe(false)
  })

  test('B-25 a read that began before the removal does not restore the key', async () => {
    const clock = testClock()
    const memory = memoryStore({ now: clock })
    let release = () => {}
    let isSlow = false
    const store = {
      ...memory,
      get: async (key: string) => {
        const value = await memory.get(key)
        if (isSlow && key.startsWith('key:')) {
          isSlow = false
          await new Promise<void>((resolve) => {
            release = resolve
          })
        }
        return value
      },
    }
    const provider = processOf({ store, now: clock })
    const [before] = await kidsOf(provider)
    clock.advance(100)
    isSlow = true
    const reading = kidsOf(provider)
    await Promise.resolve()
    await provider.rotateSigningKey()
    release()
    const [after] = await reading
    expect(after).not.toBe(before)
    expect(await kidsOf(provider)).toEqual([after])
  })
})

/** A memory store that fails at one operation. */
function failingStore(clock: () => number, fault: 'lost-request' | 'lost-answer') {
  const memory = memoryStore({ now: clock })
  let operations = 0
  let failAt = 0
  const failing =
    <Args extends unknown[], R>(operation: (...args: Args) => Promise<R>) =>
    async (...args: Args): Promise<R> => {
      operations += 1
      if (operations === failAt && fault === 'lost-request') throw new Error('down')
      const result = await operation(...args)
      if (operations === failAt) throw new Error('down')
      return result
    }
  return {
    ...memory,
    get: failing(memory.get),
    add: failing(memory.add),
    compareAndSwap: failing(memory.compareAndSwap),
    /** Counts the operations of a task, and fails at one of them. */
    async during(failingOperation: number, work: () => Promise<void>): Promise<number> {
      operations = 0
      failAt = failingOperation
      await work()
      failAt = 0
      return operations
    },
  }
}

describe.each(['lost-request', 'lost-answer'] as const)('when the store fails (%s)', (fault) => {
  test('D-14 B-25 removing a key during an outage rejects and can be repeated', async () => {
    let operations = 0
    for (let n = 1; operations >= n - 1; n += 1) {
      const clock = testClock()
      const store = failingStore(clock, fault)
      const provider = processOf({ store, now: clock })
      const token = await mintOwnToken(provider)
      let isDone = true
      operations = await store.during(n, async () => {
        try {
          await provider.rotateSigningKey()
        } catch (error) {
          expect(error).toMatchObject({ status: 503 })
          isDone = false
        }
      })
      if (!isDone) {
        expect(await isGood(provider, token)).toBe(true)
        await provider.rotateSigningKey()
      }
      expect(await isGood(provider, token)).toBe(false)
      expect(await isGood(provider, await mintOwnToken(provider))).toBe(true)
    }
    expect(operations).toBe(2)
  })

  test('D-14 B-25 the next key is made once, even if the request that makes it fails', async () => {
    let operations = 0
    for (let n = 1; operations >= n - 1; n += 1) {
      const clock = testClock()
      const store = failingStore(clock, fault)
      const provider = processOf({ store, now: clock })
      const [first] = await kidsOf(provider)
      clock.advance(89 * day)
      operations = await store.during(n, async () => {
        expect([200, 503]).toContain((await jwksOf(provider)).status)
      })
      const kids = await kidsOf(provider)
      expect(kids).toEqual([first, expect.any(String)])
      clock.advance(day)
      expect(kidOf(await mintOwnToken(provider))).toBe(kids[1])
    }
    // One operation reads the ring, the other changes it.
    expect(operations).toBe(2)
  })
})

test('D-14 a ring that others keep changing is an outage, not an endless loop', async () => {
  const clock = testClock()
  const memory = memoryStore({ now: clock })
  const store = { ...memory, compareAndSwap: async () => false }
  const provider = processOf({ store, now: clock })
  await jwksOf(provider)
  await expect(provider.rotateSigningKey()).rejects.toMatchObject({ status: 503 })
  clock.advance(89 * day)
  expect((await jwksOf(provider)).status).toBe(503)
})
