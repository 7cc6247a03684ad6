import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { type AuthEvent, type EventListener, safeListener } from '../src/events.js'
import { foreignPromise, unhandledRejections } from './harness/promises.js'

const event: AuthEvent = { type: 'token.rejected', reason: 'expired' }

test('a listener hears the event', () => {
  const listener = vi.fn()
  safeListener(listener)(event)
  expect(listener).toHaveBeenCalledExactlyOnceWith(event)
})

test('nobody need listen', () => {
  expect(() => safeListener(undefined)(event)).not.toThrow()
})

test.each<[string, () => unknown]>([
  [
    'throws',
    () => {
      throw new Error('the log is full')
    },
  ],
  ['rejects', async () => Promise.reject(new Error('the log is full'))],
  [
    'rejects in another realm',
    () =>
      foreignPromise(() => {
        throw new Error('the log is full')
      }),
  ],
])('O-12 a listener that %s changes nothing', async (_name, listener) => {
  const emit = safeListener(listener as EventListener)
  expect(await unhandledRejections(() => emit(event))).toEqual([])
})

test('O-05 docs/events.md has every event with all its members, and no other', () => {
  const documented = [
    ...readText('../../../docs/events.md').matchAll(/^\| `([a-z]+\.[a-z]+)` \|.*\|(.*)\|$/gm),
  ]
  const members = (text: string, pattern: RegExp) =>
    [...text.matchAll(pattern)].map(([, name]) => name).sort()
  const inDocs = documented.map(([, type, last = '']) => [type, ...members(last, /`(\w+)`/g)])

  const union = readText('../src/events.ts').split('type Fact =')[1]?.split('/** Receives events')[0] ?? ''
  const inCode = union
    .split(/^ {2}\| /m)
    .slice(1)
    .map((fact) => [
      /readonly type: '([a-z.]+)'/.exec(fact)?.[1],
      ...members(fact, /readonly (?!type)(\w+)\??:/g),
    ])
  expect(inCode.length).toBeGreaterThan(10)
  expect(Object.fromEntries(inDocs.map(([type, ...names]) => [type, names]))).toEqual(
    Object.fromEntries(inCode.map(([type, ...names]) => [type, names])),
  )
})

function readText(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8')
}
