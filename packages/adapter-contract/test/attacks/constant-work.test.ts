import { testClock } from '@tollgate/auth-testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { type ClientKey, newClientKey } from '../harness/assertions.js'
import { type CountedStore, countedStore } from '../harness/counted-store.js'
import { type InProcess, inProcess } from '../harness/in-process.js'
import { codeRequest, type ValidRequest, validRequests } from '../harness/valid-requests.js'

const registration = validRequests.find(({ name }) => name === 'a registration') as ValidRequest

let key: ClientKey
beforeAll(async () => {
  key = await newClientKey()
})

interface Server extends InProcess {
  readonly store: CountedStore
}

/** A server that has issued many codes and registered many clients. */
async function serverWith(count: number, now = testClock()): Promise<Server> {
  const store = countedStore(now)
  const written = new Map<string, { readonly value: string; readonly ttl: number }>()
  const remember = async (entry: string, value: string, ttl: number) => {
    written.set(entry.replace(/:.*/, ''), { value, ttl })
    return store.set(entry, value, ttl)
  }
  const first = inProcess(key, { now, store: { ...store, set: remember } })
  await codeRequest(first, 'without')
  await first.send(await registration.prepare(first))
  for (const kind of ['code', 'client']) {
    const { value = '', ttl = 0 } = written.get(kind) ?? {}
    for (let i = 0; i < count; i += 1) await store.set(`${kind}:${i}`, value, ttl)
  }
  return { ...inProcess(key, { now, store }), store }
}

describe('a store with 100,000 codes and 100,000 registrations', () => {
  let empty: Server
  let full: Server
  beforeAll(async () => {
    empty = await serverWith(0)
    full = await serverWith(100_000)
  })

  async function looksOf(server: Server, { prepare, isSuccess }: ValidRequest): Promise<number> {
    const request = await prepare(server)
    const before = server.store.looks()
    expect(await isSuccess(await server.send(request))).toBe(true)
    return server.store.looks() - before
  }

  test.each(validRequests)('N-16 $name reads as many entries as with an empty store', async (valid) => {
    expect(full.store.size()).toBeGreaterThan(200_000)
    expect(await looksOf(full, valid)).toBe(await looksOf(empty, valid))
  })
})

test('N-16 each request removes a few expired entries', async () => {
  const now = testClock()
  const server = await serverWith(1000, now)
  now.advance(365 * 24 * 3600)
  const before = server.store.size()
  const requests = before
  for (let i = 0; i < requests; i += 1) {
    const looks = server.store.looks()
    await server.send(await registration.prepare(server))
    expect(server.store.looks() - looks).toBeLessThan(10)
  }
  // Only the new registrations and the signing keys.
  expect(server.store.size()).toBeLessThan(requests + 5)
})
