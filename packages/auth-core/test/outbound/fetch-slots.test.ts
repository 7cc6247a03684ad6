import { describe, expect, test } from 'vitest'
import { FetchSlots, slotsForUnapprovedClients, TooManyFetches } from '../../src/outbound/fetch-slots.js'

test('M-10 a slot is refused beyond the limit, and granted again after a release', () => {
  const slots = new FetchSlots(2, 2)
  const release = slots.take('a.example')
  slots.take('b.example')
  expect(() => slots.take('c.example')).toThrow(TooManyFetches)
  release()
  release()
  slots.take('c.example')
  expect(() => slots.take('d.example')).toThrow(TooManyFetches)
})

test('M-10 one host cannot take the slots of all', () => {
  const slots = new FetchSlots(3, 1)
  slots.take('a.example')
  expect(() => slots.take('a.example')).toThrow('too many fetches from a.example')
  slots.take('b.example')
})

test('a fetch holds its slot until it ends, even if it fails', async () => {
  const slots = new FetchSlots(1, 1)
  let fail = (_error: Error) => {}
  const held = slots.run(
    'https://a.example/keys',
    () =>
      new Promise<string>((_resolve, reject) => {
        fail = reject
      }),
  )
  await expect(slots.run('https://b.example/keys', async () => 'b')).rejects.toThrow(TooManyFetches)
  fail(new Error('down'))
  await expect(held).rejects.toThrow('down')
  expect(await slots.run('https://b.example/keys', async () => 'b')).toBe('b')
})

describe.each([
  ['documents', 16],
  ['keys', 12],
] as const)('the %s of unapproved clients', (what, limit) => {
  test('M-10 leave slots and hosts to approved clients', () => {
    const slots = slotsForUnapprovedClients(what)
    for (let i = 0; i < 3; i += 1) slots.take('one.example')
    expect(() => slots.take('one.example')).toThrow(TooManyFetches)
    for (let i = 3; i < limit; i += 1) slots.take(`host-${i}.example`)
    expect(() => slots.take('other.example')).toThrow('too many fetches are under way')
  })
})
