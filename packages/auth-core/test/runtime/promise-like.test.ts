import { expect, test } from 'vitest'
import { ignoreRejection, isPromiseLike } from '../../src/runtime/promise-like.js'
import { foreignPromise, unhandledRejections } from '../harness/promises.js'

const withThen = (then: unknown) => Object.fromEntries([['then', then]])

test.each<[string, () => unknown]>([
  ['a promise', async () => 1],
  ['a promise of another realm', () => foreignPromise(() => 1)],
  ['a promise of another library', () => withThen(() => {})],
])('L-20 %s is a promise', (_name, make) => {
  expect(isPromiseLike(make())).toBe(true)
})

test.each([undefined, null, 1, 'then', {}, withThen(true), () => {}])(
  'L-20 %o is not a promise',
  (answer) => {
    expect(isPromiseLike(answer)).toBe(false)
  },
)

const fail = () => {
  throw new Error('nobody waits for this')
}

test.each<[string, () => unknown]>([
  ['a promise', async () => fail()],
  ['a promise of another realm', () => foreignPromise(fail)],
  ['a promise of another library that throws when it is asked', () => withThen(fail)],
])('L-20 ignoreRejection handles the rejection of %s', async (_name, make) => {
  expect(await unhandledRejections(() => ignoreRejection(make()))).toEqual([])
  expect(await unhandledRejections(() => void Promise.reject(new Error('seen')))).toHaveLength(1)
})
