import { readFileSync } from 'node:fs'
import { expect, expectTypeOf, test, vi } from 'vitest'
import type { AuthEvent, EventListener } from '../../src/events/auth-event.js'
import { noListener, safeListener } from '../../src/events/listener.js'
import { levels } from '../../src/events/log-events.js'
import {
  assertionRejections,
  codeRejections,
  consentRejections,
  credentialRejections,
  documentFailures,
  otherFailures,
  outages,
  type RequestFailure,
  refreshRejections,
  tokenRejections,
  unavailableSources,
} from '../../src/oauth/reasons.js'
import { foreignPromise, unhandledRejections } from '../harness/promises.js'

const event: AuthEvent = { type: 'token.rejected', reason: 'expired' }

test('a listener receives the event', () => {
  const listener = vi.fn()
  safeListener(listener)(event)
  expect(listener).toHaveBeenCalledExactlyOnceWith(event)
})

test('noListener ignores events', () => {
  expect(() => noListener(event)).not.toThrow()
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

test('O-05 docs/reference/events.md has every event with its level and all its members, and no other', () => {
  const documented = [
    ...readText('../../../../docs/reference/events.md').matchAll(
      /^\| `([a-z]+\.[a-z]+)` \| (\w+) \|.*\|(.*)\|$/gm,
    ),
  ]
  const levelsInDocs = documented.map(([, type, level]) => [type, level])
  expect(Object.fromEntries(levelsInDocs)).toEqual(levels)
  const members = (text: string, pattern: RegExp) =>
    [...text.matchAll(pattern)].map(([, name]) => name).sort()
  const inDocs = documented.map(([, type, , last = '']) => [type, ...members(last, /`(\w+)`/g)])

  const union =
    readText('../../src/events/auth-event.ts').split('type Fact =')[1]?.split('/**\n * Receives events')[0] ??
    ''
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

test.each([
  ['Token rejections', tokenRejections],
  ['Client rejections', [...assertionRejections, ...credentialRejections]],
  ['Code rejections', codeRejections],
  ['Refresh token rejections', refreshRejections],
  ['Consent rejections', consentRejections],
  ['Document failures', documentFailures],
  ['Outages', outages],
  ['Other failures', otherFailures],
  ['Unavailable sources', unavailableSources],
])('O-05 docs/reference/reasons.md has every row of "%s", and no other', (title, inCode) => {
  const page = readText('../../../../docs/reference/reasons.md')
  const section = page.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? ''
  const inDocs = [...section.matchAll(/^\| `([a-z0-9_]+)` \| [^|]+\. \| [^|]+ \|$/gm)].map(([, name]) => name)
  expect(inDocs).toEqual([...inCode].sort())
})

test('O-05 every reason of a failed request is in a table', () => {
  type Listed =
    | (typeof assertionRejections)[number]
    | (typeof credentialRejections)[number]
    | (typeof codeRejections)[number]
    | (typeof refreshRejections)[number]
    | (typeof outages)[number]
    | (typeof otherFailures)[number]
    | `consent_${(typeof consentRejections)[number]}`
  expectTypeOf<RequestFailure>().toEqualTypeOf<Listed>()
})

function readText(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8')
}
