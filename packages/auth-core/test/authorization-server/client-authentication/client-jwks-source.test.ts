import { beforeAll, expect, test, vi } from 'vitest'
import { ClientKeys } from '../../../src/authorization-server/client-authentication/client-jwks-source.js'
import type { ClientRecord } from '../../../src/authorization-server/clients/client.js'
import type { Fetch } from '../../../src/outbound/fetch-json.js'
import { json, startServer } from '../../harness/loopback-server.js'
import { type TestClock, testClock } from '../../harness/test-clock.js'
import { newKey, signToken, type TestKey } from '../../harness/tokens.js'

let key: TestKey
let otherKey: TestKey
beforeAll(async () => {
  ;[key, otherKey] = await Promise.all([newKey(), newKey()])
})

type Origin = ClientRecord['origin']

function recordOf(origin: Origin, jwks_uri: string, isUnapproved: boolean): ClientRecord {
  const client = {
    client_id: 'client',
    redirect_uris: [],
    grant_types: [],
    response_types: [],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri,
  }
  return { client, origin, secrets: [], isUnapproved }
}

function clientKeys(fetchPublic: Fetch | undefined, now: TestClock = testClock()) {
  const keys = new ClientKeys({ fetchPublic, now, emit: () => {} })
  const tokens = new Map<string, Promise<string>>()
  /** Whether an assertion is signed with a key that the client publishes at this URL. */
  const isSigned = async (
    origin: Origin,
    uri: string,
    {
      by = key,
      isUnapproved = origin !== 'configuration',
      kid = by.publicJwk.kid as string | undefined,
    } = {},
  ) => {
    const header = { alg: 'ES256', ...(kid === undefined ? {} : { kid }) }
    const id = `${by.publicPem} ${kid}`
    const token = tokens.get(id) ?? signToken(by, now(), { header: { kid } })
    tokens.set(id, token)
    return keys.isSignedBy(recordOf(origin, uri, isUnapproved), header, await token)
  }
  return { isSigned, now }
}

const outage = { code: 'temporarily_unavailable', status: 503 }
const keysOf = (...keys: TestKey[]) => Response.json({ keys: keys.map(({ publicJwk }) => publicJwk) })

test('M-10 M-13 the keys of configured clients are never evicted by those of unapproved clients', async () => {
  const fetched: string[] = []
  const { isSigned } = clientKeys(async (url) => {
    fetched.push(url)
    return keysOf(key)
  })
  const operator = await startServer(json({ keys: [key.publicJwk] }))
  const uri = `${operator.origin}/jwks`
  expect(await isSigned('configuration', uri)).toBe(true)
  for (let i = 0; i < 500; i += 1) await isSigned('document', `https://a${i}.example/jwks`)
  expect(fetched).toHaveLength(500)
  expect(await isSigned('configuration', uri)).toBe(true)
  expect(operator.requests).toHaveLength(1)
  await operator.close()
})

test('M-10 a thousand unapproved clients with slow keys leave slots for documents and release theirs', async () => {
  const answers: ((response: Response) => void)[] = []
  const { isSigned } = clientKeys(() => new Promise((resolve) => answers.push(resolve)))
  const all = Array.from({ length: 1000 }, (_, i) => isSigned('registration', `https://a${i}.example/jwks`))
  const settled = Promise.allSettled(all)
  await Promise.race(all.map((one) => one.catch(() => {})))
  await vi.waitFor(() => expect(answers).toHaveLength(12))
  for (const answer of answers.splice(0)) answer(keysOf(key))
  expect((await settled).filter(({ status }) => status === 'fulfilled')).toHaveLength(12)

  const later = isSigned('registration', 'https://later.example/jwks')
  await vi.waitFor(() => expect(answers).toHaveLength(1))
  answers[0]?.(keysOf(key))
  expect(await later).toBe(true)
})

/** Unapproved clients that hold all fetches of unapproved clients until the returned function is called. */
async function crowd(isSigned: ReturnType<typeof clientKeys>['isSigned'], slow: (() => void)[]) {
  const unapproved = Array.from({ length: 12 }, (_, i) =>
    isSigned('registration', `https://slow${i}.example/jwks`),
  )
  await vi.waitFor(() => expect(slow).toHaveLength(12))
  return async () => {
    for (const answer of slow.splice(0)) answer()
    await Promise.allSettled(unapproved)
  }
}

/** Websites of clients. Those of `slow` respond when their function in the list is called. */
function websites(slow: (() => void)[], published: { keys: TestKey[] }): ReturnType<typeof vi.fn<Fetch>> {
  return vi.fn<Fetch>((url) =>
    url.startsWith('https://slow')
      ? new Promise((resolve) => slow.push(() => resolve(keysOf(otherKey))))
      : Promise.resolve(keysOf(...published.keys)),
  )
}

const uri = 'https://good.example/jwks'

test('M-10 M-18 unapproved clients that hold all their slots do not lock out an approved client', async () => {
  const slow: (() => void)[] = []
  const published = { keys: [key] }
  const { isSigned, now } = clientKeys(websites(slow, published))
  expect(await isSigned('registration', uri, { isUnapproved: false })).toBe(true)
  const leave = await crowd(isSigned, slow)
  published.keys = [otherKey]
  now.advance(12 * 3600)
  expect(await isSigned('registration', uri, { isUnapproved: false, by: otherKey })).toBe(true)
  expect(await isSigned('registration', uri, { isUnapproved: false })).not.toBe(true)
  // Nor a client that has just been approved, and whose keys were requested before that.
  const newcomer = 'https://newcomer.example/jwks'
  await expect(isSigned('document', newcomer, { by: otherKey })).rejects.toMatchObject(outage)
  expect(await isSigned('document', newcomer, { by: otherKey, isUnapproved: false })).toBe(true)
  await leave()
})

test('M-18 E-22 skipping a fetch at the local limit does not extend cached keys, and the next attempt fetches', async () => {
  const slow: (() => void)[] = []
  const published = { keys: [key] }
  const { isSigned, now } = clientKeys(websites(slow, published))
  expect(await isSigned('registration', uri)).toBe(true)
  const leave = await crowd(isSigned, slow)
  published.keys = [otherKey]
  // The cached keys keep their own lifetime.
  now.advance(600)
  expect(await isSigned('registration', uri)).toBe(true)
  now.advance(1)
  for (const by of [key, otherKey])
    await expect(isSigned('registration', uri, { by })).rejects.toMatchObject(outage)
  await leave()
  expect(await isSigned('registration', uri, { by: otherKey })).toBe(true)
  expect(await isSigned('registration', uri)).not.toBe(true)
})

test('M-18 cached keys survive an outage of their source even if a fetch was skipped before', async () => {
  const slow: (() => void)[] = []
  const fetch = websites(slow, { keys: [key] })
  const { isSigned, now } = clientKeys(fetch)
  expect(await isSigned('registration', uri)).toBe(true)
  now.advance(601)
  const leave = await crowd(isSigned, slow)
  await expect(isSigned('registration', uri)).rejects.toMatchObject(outage)
  await leave()
  fetch.mockRejectedValue(new Error('connection refused'))
  expect(await isSigned('registration', uri)).toBe(true)
})

test('M-10 the keys of approved clients stay cached, however many other keys are requested', async () => {
  const fetch = vi.fn<Fetch>(async () => keysOf(key))
  const { isSigned } = clientKeys(fetch)
  expect(await isSigned('document', uri, { isUnapproved: false })).toBe(true)
  for (let i = 0; i < 500; i += 1) await isSigned('registration', `https://a${i}.example/jwks`)
  // Nor do approved clients whose assertions others forge.
  for (let i = 0; i < 1500; i += 1) {
    await isSigned('registration', `https://b${i}.example/jwks`, { isUnapproved: false, by: otherKey })
  }
  fetch.mockRejectedValue(new Error('connection refused'))
  expect(await isSigned('document', uri, { isUnapproved: false })).toBe(true)
  await expect(isSigned('registration', 'https://a0.example/jwks')).rejects.toMatchObject(outage)
}, 30_000)

test.each([
  ['no kid', undefined],
  ['the same kid', 'key-1'],
])(
  'E-22 E-19 a replaced key with %s is refetched at once, and then not for 30 seconds',
  async (_what, kid) => {
    const [before, after] = await Promise.all([newKey('ES256', 'key-1'), newKey('ES256', 'key-1')])
    for (const one of [before, after]) if (kid === undefined) delete one.publicJwk.kid
    let published = [before]
    const fetch = vi.fn<Fetch>(async () => keysOf(...published))
    const { isSigned, now } = clientKeys(fetch)
    const signed = (by: TestKey) => isSigned('document', uri, { isUnapproved: false, by, kid })
    expect(await signed(before)).toBe(true)
    published = [after]
    now.advance(1)
    expect(await signed(after)).toBe(true)
    expect(fetch).toHaveBeenCalledTimes(2)
    // Until the next fetch, the result is uncertain: the old key is not rejected, and a newer key has to wait.
    expect(await signed(before)).toBeUndefined()
    const newest = await newKey('ES256', 'key-1')
    if (kid === undefined) delete newest.publicJwk.kid
    published = [newest]
    now.advance(29)
    for (let i = 0; i < 20; i += 1) expect(await signed(newest)).toBeUndefined()
    expect(await signed(after)).toBe(true)
    expect(fetch).toHaveBeenCalledTimes(2)
    now.advance(1)
    expect(await signed(newest)).toBe(true)
    now.advance(30)
    expect(await signed(after)).toBe(false)
    expect(await signed(newest)).toBe(true)
  },
)

test('E-22 with stale keys, a valid signature is accepted and any other is uncertain', async () => {
  const fetch = vi.fn<Fetch>(async () => keysOf(key))
  const { isSigned, now } = clientKeys(fetch)
  const signed = (by: TestKey) => isSigned('document', uri, { isUnapproved: false, by })
  expect(await signed(key)).toBe(true)
  fetch.mockRejectedValue(new Error('connection refused'))
  for (const seconds of [60, 3600, 3600]) {
    now.advance(seconds)
    expect(await signed(otherKey)).toBeUndefined()
    expect(await signed(key)).toBe(true)
  }
  fetch.mockImplementation(async () => keysOf(otherKey))
  now.advance(30)
  expect(await signed(otherKey)).toBe(true)
  now.advance(30)
  expect(await signed(key)).toBe(false)
})

test('M-07 a key set larger than 64 KiB is not read', async () => {
  const { isSigned } = clientKeys(async (url) => {
    const padding = 'x'.repeat(Number(new URL(url).searchParams.get('size')))
    return Response.json({ keys: [key.publicJwk], padding })
  })
  expect(await isSigned('document', 'https://a.example/jwks?size=60000')).toBe(true)
  await expect(isSigned('document', 'https://a.example/jwks?size=70000')).rejects.toMatchObject(outage)
})

test('M-13 an unapproved client cannot have keys fetched from a private network', async () => {
  const operator = await startServer(json({ keys: [] }))
  const { isSigned } = clientKeys(async () => {
    throw new Error('not public')
  })
  for (const isUnapproved of [true, false]) {
    for (const origin of ['registration', 'document'] as const)
      await expect(isSigned(origin, `${operator.origin}/jwks`, { isUnapproved })).rejects.toMatchObject(
        outage,
      )
  }
  expect(operator.requests).toEqual([])
  await operator.close()
})

test('M-12 E-22 keys at a jwks_uri are an outage where nothing can be fetched safely', async () => {
  const { isSigned } = clientKeys(undefined)
  await expect(isSigned('registration', 'https://client.example/jwks')).rejects.toMatchObject(outage)
})
