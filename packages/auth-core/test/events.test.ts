import { expect, test, vi } from 'vitest'
import { type AuthEvent, type EventListener, safeListener } from '../src/events.js'

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
])('O-12 a listener that %s changes nothing', async (_name, listener) => {
  const unhandled = vi.fn()
  process.on('unhandledRejection', unhandled)
  try {
    expect(() => safeListener(listener as EventListener)(event)).not.toThrow()
    await new Promise((resolve) => setImmediate(resolve))
    expect(unhandled).not.toHaveBeenCalled()
  } finally {
    process.off('unhandledRejection', unhandled)
  }
})
