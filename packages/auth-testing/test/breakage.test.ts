import { JWTVerifier } from '@tollgate/auth-core'
import {
  type Breakage,
  createTestIssuer,
  type ListeningIssuer,
  listenTestIssuer,
  type TestIssuer,
} from '@tollgate/auth-testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

const audience = 'https://api.example.com/mcp'

interface Way {
  readonly name: string
  readonly start: () => Promise<TestIssuer & { close?(): Promise<void> }>
  /** How a verifier fetches the documents. */
  readonly fetchOf: (issuer: TestIssuer) => TestIssuer['fetch']
}

const ways: Way[] = [
  { name: 'in the process', start: createTestIssuer, fetchOf: ({ fetch }) => fetch },
  { name: 'on loopback', start: listenTestIssuer, fetchOf: () => fetch },
]

describe.each(ways)('an issuer $name', ({ start, fetchOf }) => {
  let issuer: TestIssuer & { close?(): Promise<void> }
  let get: TestIssuer['fetch']

  beforeAll(async () => {
    issuer = await start()
    get = fetchOf(issuer)
  })
  afterEach(() => issuer.repair())
  afterAll(() => issuer.close?.())

  function newVerifier() {
    return new JWTVerifier({ issuer: issuer.issuer, audience, fetch: get, now: issuer.now })
  }

  test('a verifier discovers the issuer', async () => {
    expect(await newVerifier().verifyToken(await issuer.mint({ audience }))).not.toBeNull()
    expect(issuer.requests.at(-1)).toBe(issuer.jwksUri)
  })

  test.each<Exclude<Breakage, 'silent' | 'slow'>>([
    'down',
    'error',
    'redirect',
    'html',
    'truncated',
    'empty',
    'oversized',
    'bomb',
    () => Response.json(null),
  ])('a broken issuer (%s) is an outage until it is repaired', async (how) => {
    const verifier = newVerifier()
    for (const document of ['metadata', 'jwks'] as const) {
      issuer.break(how, document)
      const token = await issuer.mint({ audience })
      await expect(verifier.verifyToken(token)).rejects.toMatchObject({ code: 'temporarily_unavailable' })
      issuer.repair()
      issuer.now.advance(10)
    }
    expect(await verifier.verifyToken(await issuer.mint({ audience }))).not.toBeNull()
  })

  test('a client that follows a broken redirect finds the valid document', async () => {
    issuer.break('redirect')
    const followed = await get(issuer.jwksUri, { redirect: 'follow' })
    expect(await followed.json()).toEqual(issuer.jwks())
    await expect(get(issuer.jwksUri, { redirect: 'error' })).rejects.toThrow(TypeError)
    expect((await get(issuer.jwksUri, { redirect: 'manual' })).status).toBe(302)
  })

  test('a silent or slow issuer waits until the caller gives up', async () => {
    issuer.break('silent', 'jwks')
    await expect(get(issuer.jwksUri, { signal: AbortSignal.timeout(20) })).rejects.toThrow()
    issuer.break('slow', 'jwks')
    const dripping = await get(issuer.jwksUri, { signal: AbortSignal.timeout(100) })
    expect(dripping.status).toBe(200)
    await expect(dripping.text()).rejects.toThrow()
    await expect(get(issuer.jwksUri, { signal: AbortSignal.abort() })).rejects.toThrow()
  })

  test('one document can be broken while the other is not', async () => {
    issuer.break('error', 'jwks')
    const metadata = await get(`${issuer.issuer}/.well-known/oauth-authorization-server`)
    expect(metadata.status).toBe(200)
    expect((await get(issuer.jwksUri)).status).toBe(500)
  })
})

test('an oversized response is sent as it is and a bomb compressed', async () => {
  const issuer: ListeningIssuer = await listenTestIssuer()
  const encodings: (string | null)[] = []
  for (const how of ['oversized', 'bomb'] as const) {
    issuer.break(how)
    const answer = await fetch(issuer.jwksUri)
    encodings.push(answer.headers.get('content-encoding'))
    await answer.body?.cancel()
  }
  await issuer.close()
  expect(encodings).toEqual([null, 'gzip'])
})
