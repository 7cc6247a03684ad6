import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})

/** As a process sees it that has just begun. */
async function freshMemoryStore() {
  vi.resetModules()
  return (await import('../../src/store/memory-store.js')).memoryStore
}

beforeEach(() => warn.mockClear())
afterEach(() => {
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
})

test('N-20 the first memoryStore of a process in production prints a warning of one line, and the others none', async () => {
  vi.stubEnv('NODE_ENV', 'production')
  const memoryStore = await freshMemoryStore()

  memoryStore()
  memoryStore()

  expect(warn.mock.calls).toEqual([
    [expect.stringMatching(/^\[tollgate\] memoryStore in production: [^\n]+$/)],
  ])
})

test.each(['development', 'test', undefined])(
  'N-20 memoryStore prints nothing where NODE_ENV is %s',
  async (value) => {
    vi.stubEnv('NODE_ENV', value)

    ;(await freshMemoryStore())()

    expect(warn).not.toHaveBeenCalled()
  },
)

test('N-20 memoryStore works in a runtime without "process"', async () => {
  const memoryStore = await freshMemoryStore()
  vi.stubGlobal('process', undefined)

  const store = memoryStore()

  expect(await store.add('key', 'value', 60)).toBe(true)
  expect(warn).not.toHaveBeenCalled()
})
