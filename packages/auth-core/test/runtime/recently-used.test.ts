import { expect, test } from 'vitest'
import { RecentlyUsed } from '../../src/runtime/recently-used.js'

test('M-10 a full map removes the least recently used entry', () => {
  const entries = new RecentlyUsed<number>(2)
  entries.set('a', 1)
  entries.set('b', 2)
  expect(entries.get('a')).toBe(1)
  entries.set('c', 3)
  expect([entries.get('a'), entries.get('b'), entries.get('c')]).toEqual([1, undefined, 3])
})

test('setting an entry again counts once, and a deleted entry is gone', () => {
  const entries = new RecentlyUsed<number>(2)
  entries.set('a', 1)
  entries.set('b', 2)
  entries.set('a', 3)
  expect([entries.get('a'), entries.get('b')]).toEqual([3, 2])
  entries.delete('a')
  expect(entries.get('a')).toBeUndefined()
})
