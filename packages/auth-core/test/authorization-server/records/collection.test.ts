import { inspect } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { Collection } from '../../../src/authorization-server/records/collection.js'
import { memoryStore } from '../../../src/store/memory-store.js'
import type { Store } from '../../../src/store/store.js'
import { testClock } from '../../harness/test-clock.js'

interface Note {
  readonly text: string
}

const owner = 'https://notes.example.com'

/** A store that never deletes expired entries. Stores that sweep rarely look the same. */
function lazyStore() {
  const entries = new Map<string, string>()
  const store: Store = {
    get: async (key) => entries.get(key),
    set: async (key, value) => void entries.set(key, value),
    add: async (key, value) => !entries.has(key) && Boolean(entries.set(key, value)),
    compareAndSwap: async (key, expected, value) =>
      entries.get(key) === expected && Boolean(entries.set(key, value)),
    take: async (key) => {
      const value = entries.get(key)
      entries.delete(key)
      return value
    },
    delete: async (key) => void entries.delete(key),
  }
  return { entries, store }
}

function setUp(store: Store = lazyStore().store) {
  const clock = testClock()
  return { clock, notes: new Collection<Note>({ store, owner, kind: 'note' }, clock) }
}

const note = { text: 'buy milk' }

test('a record is found, replaced and removed', async () => {
  const { clock, notes } = setUp()
  const end = clock() + 60
  expect(await notes.find('1')).toBeUndefined()
  await notes.save('1', note, end)
  const found = await notes.find('1')
  expect(found).toMatchObject({ value: note, expiresAt: end })

  const next = { text: 'buy bread' }
  expect(found !== undefined && (await notes.replace('1', found, next, end))).toBe(true)
  expect((await notes.find('1'))?.value).toEqual(next)
  await notes.delete('1')
  expect(await notes.find('1')).toBeUndefined()
})

test('N-03 a record that another process has changed is not replaced', async () => {
  const { clock, notes } = setUp()
  const end = clock() + 60
  await notes.save('1', note, end)
  const [first, second] = [await notes.find('1'), await notes.find('1')]
  if (first === undefined || second === undefined) return expect.unreachable('the record is there')
  expect(await notes.replace('1', first, { text: 'first' }, end)).toBe(true)
  expect(await notes.replace('1', second, { text: 'second' }, end)).toBe(false)
  expect((await notes.find('1'))?.value).toEqual({ text: 'first' })
})

test('N-01 a record is taken once', async () => {
  const { clock, notes } = setUp()
  await notes.save('1', note, clock() + 60)
  const taken = await Promise.all(Array.from({ length: 50 }, () => notes.take('1')))
  expect(taken.filter((value) => value !== undefined)).toEqual([note])
})

test('N-05 a record is added once', async () => {
  const { clock, notes } = setUp()
  const added = await Promise.all(Array.from({ length: 50 }, () => notes.add('1', note, clock() + 60)))
  expect(added.filter(Boolean)).toHaveLength(1)
})

describe('expiry', () => {
  test('N-08 N-12 an expired record is not found, even if the store still has it', async () => {
    const { clock, notes } = setUp()
    for (const id of ['1', '2']) await notes.save(id, note, clock() + 60)
    clock.advance(59)
    expect(await notes.find('1')).toBeDefined()
    clock.advance(1)
    expect(await notes.find('1')).toBeUndefined()
    expect(await notes.take('2')).toBeUndefined()
  })

  test('N-08 a new record replaces an expired one', async () => {
    const { clock, notes } = setUp()
    expect(await notes.add('1', note, clock() + 60)).toBe(true)
    expect(await notes.add('1', note, clock() + 60)).toBe(false)
    clock.advance(60)
    const added = await Promise.all(
      Array.from({ length: 50 }, (_, i) => notes.add('1', { text: String(i) }, clock() + 60)),
    )
    expect(added.filter(Boolean)).toHaveLength(1)
    expect(await notes.find('1')).toBeDefined()
  })

  test.each([
    ['a whole minute', 60, 60],
    ['a part of a second', 0.1, 1],
    ['no time', 0, 1],
    ['the past', -3600, 1],
  ])('N-08 the store keeps a record for at least a second: %s', async (_name, by, ttl) => {
    const { store } = lazyStore()
    const set = vi.spyOn(store, 'set')
    const { clock, notes } = setUp(store)
    await notes.save('1', note, clock() + by)
    expect(set.mock.lastCall?.[2]).toBe(ttl)
  })
})

describe('what the store sees', () => {
  test('N-04 N-11 the keys in a store are digests, so none contains a code, a token or client text', async () => {
    const { entries, store } = lazyStore()
    const { clock, notes } = setUp(store)
    for (const id of ['secret-code', 'a:b', '../x', 'ü'.repeat(10_000), '']) {
      await notes.save(id, note, clock() + 60)
      expect((await notes.find(id))?.value).toEqual(note)
    }
    expect(entries.size).toBe(5)
    for (const key of entries.keys()) expect(key).toMatch(/^note:[\w-]{43}$/)
    expect(inspect([...entries.keys()])).not.toContain('secret-code')
  })

  test('N-07 collections and servers do not share the record of an ID', async () => {
    const { store } = lazyStore()
    const { clock, notes } = setUp(store)
    const others = [
      new Collection<Note>({ store, owner, kind: 'letter' }, clock),
      new Collection<Note>({ store, owner: `${owner}/other`, kind: 'note' }, clock),
    ]
    await notes.save('1', note, clock() + 60)
    for (const other of others) {
      expect(await other.find('1')).toBeUndefined()
      expect(await other.add('1', { text: 'other' }, clock() + 60)).toBe(true)
    }
    expect((await notes.find('1'))?.value).toEqual(note)
  })
})

describe('a store that fails', () => {
  const failing = (error: unknown): Store => {
    const fail = () => Promise.reject(error)
    return { get: fail, set: fail, add: fail, compareAndSwap: fail, take: fail, delete: fail }
  }

  test('D-14 a failing store is an outage in every operation, and only the operator gets the cause', async () => {
    const cause = new Error('ECONNREFUSED 10.0.0.1:5432')
    const { clock, notes } = setUp(failing(cause))
    const stored = { value: note, stored: '', expiresAt: clock() + 60 }
    for (const call of [
      () => notes.find('1'),
      () => notes.save('1', note, clock() + 60),
      () => notes.add('1', note, clock() + 60),
      () => notes.replace('1', stored, note, clock() + 60),
      () => notes.take('1'),
      () => notes.delete('1'),
    ]) {
      await expect(call()).rejects.toMatchObject({
        name: 'OAuthError',
        code: 'temporarily_unavailable',
        status: 503,
        retryAfter: 5,
        reason: 'store_unavailable',
        cause,
        message: expect.not.stringContaining('ECONNREFUSED'),
      })
    }
  })

  test('a store that throws synchronously is an outage', async () => {
    const store = lazyStore().store
    vi.spyOn(store, 'get').mockImplementation(() => {
      throw new Error('at once')
    })
    await expect(setUp(store).notes.find('1')).rejects.toMatchObject({ status: 503 })
  })

  test('O-02 an invalid record is an outage, and the error does not quote it', async () => {
    const store = lazyStore().store
    vi.spyOn(store, 'get').mockResolvedValue('{"d":"private-key')
    const error = await setUp(store)
      .notes.find('1')
      .catch((caught: unknown) => caught)
    expect(error).toMatchObject({ status: 503 })
    expect(inspect(error)).not.toContain('private-key')
  })

  test('a driver may return null for no record', async () => {
    const store = lazyStore().store
    vi.spyOn(store, 'get').mockResolvedValue(null as unknown as undefined)
    expect(await setUp(store).notes.find('1')).toBeUndefined()
  })

  test('N-03 a replacement whose response was lost counts as done', async () => {
    const store = lazyStore().store
    const { clock, notes } = setUp(store)
    await notes.save('1', note, clock() + 60)
    const found = await notes.find('1')
    const { compareAndSwap } = store
    vi.spyOn(store, 'compareAndSwap').mockImplementation(async (...call) => {
      await compareAndSwap(...call)
      throw new Error('the connection was closed')
    })
    if (found === undefined) return expect.unreachable('the record is there')
    expect(await notes.replace('1', found, { text: 'mine' }, clock() + 60)).toBe(true)
    expect((await notes.find('1'))?.value).toEqual({ text: 'mine' })
    await expect(notes.replace('1', found, { text: 'another' }, clock() + 60)).rejects.toMatchObject({
      status: 503,
    })
  })
})

test('a value that is not JSON is a bug, not an outage', async () => {
  const { clock, notes } = setUp()
  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  await expect(notes.save('1', circular as unknown as Note, clock() + 60)).rejects.toThrow(TypeError)
})

test('a collection works with a store that deletes expired records itself', async () => {
  const clock = testClock()
  const notes = new Collection<Note>({ store: memoryStore({ now: clock }), owner, kind: 'note' }, clock)
  await notes.save('1', note, clock() + 60)
  clock.advance(60)
  expect(await notes.find('1')).toBeUndefined()
  expect(await notes.add('1', note, clock() + 60)).toBe(true)
})

test('N-03 a replacement that the driver sent twice counts, and one by another process does not', async () => {
  const { store } = lazyStore()
  const compareAndSwap: Store['compareAndSwap'] = async (...args) => {
    await store.compareAndSwap(...args)
    return store.compareAndSwap(...args)
  }
  const { clock, notes } = setUp({ ...store, compareAndSwap })
  await notes.save('1', note, clock() + 60)
  const found = await notes.find('1')
  if (found === undefined) throw new Error('not found')
  expect(await notes.replace('1', found, { text: 'mine' }, clock() + 60)).toBe(true)
  expect(await notes.replace('1', found, { text: 'another' }, clock() + 60)).toBe(false)
})

test.each<[string, (add: Store['add']) => Store['add']]>([
  [
    'whose response was lost',
    (add) =>
      async (...args) => {
        await add(...args)
        throw new Error('the connection was closed')
      },
  ],
  [
    'that the driver sent twice',
    (add) =>
      async (...args) => {
        await add(...args)
        return add(...args)
      },
  ],
])('N-05 a record %s counts as added, for one caller only', async (_name, unreliably) => {
  const { store } = lazyStore()
  const { clock, notes } = setUp({ ...store, add: unreliably(store.add) })
  const reliable = setUp(store).notes
  const end = clock() + 60
  expect(await notes.add('1', note, end)).toBe(true)
  expect(await notes.add('1', note, end).catch(() => false)).toBe(false)
  expect(await reliable.add('1', note, end)).toBe(false)
  expect((await notes.find('1'))?.value).toEqual(note)

  expect(await reliable.add('2', note, end)).toBe(true)
  expect(await notes.add('2', note, end).catch(() => false)).toBe(false)
})

test('N-05 a record whose add failed is absent and can be added', async () => {
  const { store } = lazyStore()
  const down = async () => Promise.reject(new Error('connect ECONNREFUSED'))
  const { clock, notes } = setUp({ ...store, add: down })
  await expect(notes.add('1', note, clock() + 60)).rejects.toMatchObject({ status: 503 })
  expect(await setUp(store).notes.add('1', note, clock() + 60)).toBe(true)
})
