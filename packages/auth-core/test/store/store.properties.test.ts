import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encryptedStore } from '../../src/store/encrypted-store.js'
import { memoryStore } from '../../src/store/memory-store.js'
import type { Store } from '../../src/store/store.js'
import { runs } from '../harness/property-runs.js'
import { type TestClock, testClock } from '../harness/test-clock.js'

/** What a store is, in the shortest words: entries, each with an end. */
interface Model {
  seconds: number
  readonly entries: Map<string, { readonly value: string; readonly end: number }>
}

interface Real {
  readonly store: Store
  readonly clock: TestClock
}

const valueIn = ({ seconds, entries }: Model, key: string) => {
  const entry = entries.get(key)
  return entry !== undefined && entry.end > seconds ? entry.value : undefined
}

/** One operation, done to both. */
class Step implements fc.AsyncCommand<Model, Real> {
  readonly #name: string
  readonly #run: (model: Model, real: Real) => Promise<void>

  constructor(name: string, run: (model: Model, real: Real) => Promise<void>) {
    this.#name = name
    this.#run = run
  }

  check(): boolean {
    return true
  }

  run(model: Model, real: Real): Promise<void> {
    return this.#run(model, real)
  }

  toString(): string {
    return this.#name
  }
}

const key = fc.constantFrom('a', 'b', 'c')
const value = fc.constantFrom('', '1', '2', 'e1.a.AAAA', '\0', 'ü€')
const ttl = fc.integer({ min: 1, max: 4 })

const commands = [
  key.map(
    (k) =>
      new Step(`get ${k}`, async (model, { store }) => {
        expect(await store.get(k)).toBe(valueIn(model, k))
      }),
  ),
  fc.tuple(key, value, ttl).map(
    ([k, v, t]) =>
      new Step(`set ${k} ${v} ${t}`, async (model, { store }) => {
        await store.set(k, v, t)
        model.entries.set(k, { value: v, end: model.seconds + t })
      }),
  ),
  fc.tuple(key, value, ttl).map(
    ([k, v, t]) =>
      new Step(`add ${k} ${v} ${t}`, async (model, { store }) => {
        const isFree = valueIn(model, k) === undefined
        expect(await store.add(k, v, t)).toBe(isFree)
        if (isFree) model.entries.set(k, { value: v, end: model.seconds + t })
      }),
  ),
  fc.tuple(key, value, value, ttl).map(
    ([k, expected, v, t]) =>
      new Step(`compareAndSwap ${k} ${expected} ${v} ${t}`, async (model, { store }) => {
        const isEqual = valueIn(model, k) === expected
        expect(await store.compareAndSwap(k, expected, v, t)).toBe(isEqual)
        if (isEqual) model.entries.set(k, { value: v, end: model.seconds + t })
      }),
  ),
  key.map(
    (k) =>
      new Step(`take ${k}`, async (model, { store }) => {
        expect(await store.take(k)).toBe(valueIn(model, k))
        model.entries.delete(k)
      }),
  ),
  key.map(
    (k) =>
      new Step(`delete ${k}`, async (model, { store }) => {
        await store.delete(k)
        model.entries.delete(k)
      }),
  ),
  fc.integer({ min: 1, max: 3 }).map(
    (seconds) =>
      new Step(`wait ${seconds}`, async (model, { clock }) => {
        clock.advance(seconds)
        model.seconds += seconds
      }),
  ),
]

const keys = [{ id: 'a', key: new Uint8Array(32).fill(1) }]
const stores: [string, (clock: TestClock) => Store][] = [
  ['memoryStore', (now) => memoryStore({ now })],
  ['encryptedStore', (now) => encryptedStore(memoryStore({ now }), { keys })],
]

describe.each(stores)('%s', (_name, open) => {
  test('N-01 N-03 N-05 N-08 N-12 behaves like a list of entries for any sequence of operations', async () => {
    const property = fc.asyncProperty(fc.commands(commands, { maxCommands: 40 }), async (steps) => {
      const clock = testClock()
      await fc.asyncModelRun(
        () => ({ model: { seconds: 0, entries: new Map() }, real: { store: open(clock), clock } }),
        steps,
      )
    })
    await fc.assert(property, runs(400))
  })
})
