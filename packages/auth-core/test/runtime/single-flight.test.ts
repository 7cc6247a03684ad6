import { expect, test, vi } from 'vitest'
import { SingleFlight } from '../../src/runtime/single-flight.js'

/** A task that ends when it is told to, and how often it was started. */
function heldTask() {
  let end: { resolve: (value: string) => void; reject: (error: Error) => void } | undefined
  const promise = new Promise<string>((resolve, reject) => {
    end = { resolve, reject }
  })
  const task = vi.fn(() => promise)
  return {
    task,
    resolve: (value: string) => end?.resolve(value),
    reject: (error: Error) => end?.reject(error),
  }
}

test('M-10 callers that come while a task runs share its result', async () => {
  const flight = new SingleFlight<string>()
  const held = heldTask()
  const all = Array.from({ length: 3 }, () => flight.run(held.task, 'a'))
  expect(flight.get('a')).toBe(all[0])
  expect(flight.size).toBe(1)
  held.resolve('done')
  expect(await Promise.all(all)).toEqual(['done', 'done', 'done'])
  expect(held.task).toHaveBeenCalledOnce()
})

test('a task runs again after it has ended, even if it failed', async () => {
  const flight = new SingleFlight<string>()
  const held = heldTask()
  const failed = flight.run(held.task)
  held.reject(new Error('down'))
  await expect(failed).rejects.toThrow('down')
  expect(flight.get()).toBeUndefined()
  expect(flight.size).toBe(0)
  expect(await flight.run(async () => 'up')).toBe('up')
})

test('tasks with different keys run at the same time', async () => {
  const flight = new SingleFlight<string>()
  const held = heldTask()
  const first = flight.run(held.task, 'a')
  expect(await flight.run(async () => 'b', 'b')).toBe('b')
  expect(flight.size).toBe(1)
  held.resolve('a')
  expect(await first).toBe('a')
})
