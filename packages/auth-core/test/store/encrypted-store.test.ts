import { describe, expect, test } from 'vitest'
import { encryptedStore } from '../../src/store/encrypted-store.js'
import { memoryStore } from '../../src/store/memory-store.js'
import type { Store } from '../../src/store/store.js'

const keyOf = (seed: number) => new Uint8Array(32).fill(seed)
const keys = [{ id: 'a', key: keyOf(1) }]

test('N-14 the store sees no plaintext, and never the same ciphertext twice', async () => {
  const written: string[] = []
  const memory = memoryStore()
  const inner: Store = {
    ...memory,
    set(key, value, ttl) {
      written.push(value)
      return memory.set(key, value, ttl)
    },
    add(key, value, ttl) {
      written.push(value)
      return memory.add(key, value, ttl)
    },
    compareAndSwap(key, expected, value, ttl) {
      written.push(value)
      return memory.compareAndSwap(key, expected, value, ttl)
    },
  }
  const store = encryptedStore(inner, { keys })
  await store.set('k', 'secret', 60)
  await store.set('k', 'secret', 60)
  await store.add('l', 'secret', 60)
  await store.compareAndSwap('k', 'secret', 'secret', 60)
  expect(written).toHaveLength(4)
  expect(new Set(written).size).toBe(4)
  for (const value of written) expect(value).toMatch(/^e1\.a\.[\w-]{46}$/)
  expect(await store.get('k')).toBe('secret')
})

describe('an encrypted value', () => {
  const inner = memoryStore()
  const store = encryptedStore(inner, { keys })
  const stored = async (key: string) => (await inner.get(key)) as string

  async function expectRefused(value: string): Promise<void> {
    await inner.set('x', value, 60)
    await expect(store.get('x')).rejects.toThrow()
    await expect(store.compareAndSwap('x', 'secret', 'next', 60)).rejects.toThrow()
    expect(await inner.get('x')).toBe(value)
    await expect(store.take('x')).rejects.toThrow()
  }

  test('N-14 a value of another key is refused', async () => {
    await store.set('y', 'secret', 60)
    await expectRefused(await stored('y'))
    await inner.set('y', await stored('y'), 60)
    expect(await store.get('y')).toBe('secret')
  })

  test('N-14 a value that was changed is refused, wherever it was', async () => {
    await store.set('x', 'secret', 60)
    const value = await stored('x')
    for (let at = 5; at < value.length - 1; at += 1) {
      await expectRefused(`${value.slice(0, at)}${value[at] === 'A' ? 'B' : 'A'}${value.slice(at + 1)}`)
    }
    await expectRefused(value.slice(0, -4))
    await expectRefused(`${value}AAAA`)
  })

  test('N-14 a value of an encryption key that is not configured is refused with the ID of the key', async () => {
    await encryptedStore(inner, { keys: [{ id: 'b', key: keyOf(2) }] }).set('x', 'secret', 60)
    await expect(store.get('x')).rejects.toThrow(/encryption key b/)
    await encryptedStore(inner, { keys: [{ id: 'a', key: keyOf(2) }] }).set('x', 'secret', 60)
    await expect(store.get('x')).rejects.toThrow()
  })

  test.each(['', 'secret', '{"value":1}', 'e1', 'e1.a', 'e1.a.', 'e1.a.AAAA', 'e2.a.AAAA', 'e1..AAAA'])(
    'N-14 the plaintext %j is refused',
    (value) => expectRefused(value),
  )
})

test('N-14 replacing a key loses no value', async () => {
  const inner = memoryStore()
  const [oldKey, newKey] = [
    { id: '2026', key: keyOf(1) },
    { id: '2027', key: keyOf(2) },
  ]
  await encryptedStore(inner, { keys: [oldKey] }).set('k', 'one', 60)
  const store = encryptedStore(inner, { keys: [newKey, oldKey] })
  expect(await store.get('k')).toBe('one')
  expect(await store.compareAndSwap('k', 'one', 'two', 60)).toBe(true)
  expect(await inner.get('k')).toMatch(/^e1\.2027\./)
  expect(await encryptedStore(inner, { keys: [newKey] }).get('k')).toBe('two')
})

test('N-14 dangerouslyAcceptPlaintext reads plaintext, and writes ciphertext', async () => {
  const inner = memoryStore()
  await inner.set('k', 'one', 60)
  const store = encryptedStore(inner, { keys, dangerouslyAcceptPlaintext: true })
  expect(await store.get('k')).toBe('one')
  expect(await store.compareAndSwap('k', 'one', 'two', 60)).toBe(true)
  expect(await encryptedStore(inner, { keys }).get('k')).toBe('two')
})

describe('compareAndSwap', () => {
  /** A store in which something happens between the reading and the writing. */
  function racing(meanwhile: (store: Store) => Promise<void>, times = 1): Store {
    const inner = memoryStore()
    const plain = encryptedStore(inner, { keys })
    let left = times
    return encryptedStore(
      {
        ...inner,
        async get(key) {
          const value = await inner.get(key)
          left -= 1
          if (left >= 0) await meanwhile(plain)
          return value
        },
      },
      { keys },
    )
  }

  test('N-03 N-14 does not replace a value that changed after the comparison', async () => {
    const store = racing((other) => other.set('k', 'theirs', 60))
    await store.set('k', 'one', 60)
    expect(await store.compareAndSwap('k', 'one', 'ours', 60)).toBe(false)
    expect(await store.get('k')).toBe('theirs')
  })

  test('N-03 N-14 replaces a value that was written again with the same text', async () => {
    const store = racing((other) => other.set('k', 'one', 60), 3)
    await store.set('k', 'one', 60)
    expect(await store.compareAndSwap('k', 'one', 'ours', 60)).toBe(true)
    expect(await store.get('k')).toBe('ours')
  })

  test('N-03 N-14 ends when the store returns false, whatever it reads', async () => {
    const inner = memoryStore()
    const store = encryptedStore({ ...inner, compareAndSwap: async () => false }, { keys })
    await store.set('k', 'one', 60)
    expect(await store.compareAndSwap('k', 'one', 'two', 60)).toBe(false)
  })
})

test('null from a driver counts as undefined', async () => {
  const inner = memoryStore()
  const nothing = async () => null as unknown as undefined
  const store = encryptedStore({ ...inner, get: nothing, take: nothing }, { keys })
  expect(await store.get('k')).toBeUndefined()
  expect(await store.take('k')).toBeUndefined()
  expect(await store.compareAndSwap('k', 'a', 'b', 60)).toBe(false)
})

test.each<[string, unknown]>([
  ['keys', undefined],
  ['keys', []],
  ['keys[0].id', [{ key: keyOf(1) }]],
  ['keys[0].id', [{ id: 'a.b', key: keyOf(1) }]],
  ['keys[0].id', [{ id: 'a'.repeat(33), key: keyOf(1) }]],
  ['keys[1].id', [...keys, ...keys]],
  ['keys[0].key', [{ id: 'a', key: 'x'.repeat(32) }]],
  ['keys[0].key', [{ id: 'a', key: new Uint8Array(16) }]],
])('N-14 encryptedStore names "%s" in a TypeError for %j', (option, wrong) => {
  expect(() => encryptedStore(memoryStore(), { keys: wrong as typeof keys })).toThrow(TypeError)
  expect(() => encryptedStore(memoryStore(), { keys: wrong as typeof keys })).toThrow(`"${option}"`)
})
