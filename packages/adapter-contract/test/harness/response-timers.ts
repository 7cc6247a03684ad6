import { vi } from 'vitest'

/** The timers of open responses, fired by hand. Other timers are unchanged. */
export interface ResponseTimers {
  /** The number of watched responses. */
  readonly count: number
  /** Fires all timers, as if a second had passed, and waits for their effects. */
  readonly tick: () => Promise<void>
  readonly restore: () => void
}

/** The interval of an open response in milliseconds. No other timer of these tests has it. */
const second = 1000

export function responseTimers(): ResponseTimers {
  const held = new Map<object, () => void>()
  const { setTimeout: start, clearTimeout: stop } = globalThis
  const starting = vi.spyOn(globalThis, 'setTimeout').mockImplementation(((
    callback: () => void,
    delay?: number,
    ...given: []
  ) => {
    if (delay !== second) return start(callback, delay, ...given)
    const timer = { unref: () => timer }
    held.set(timer, callback)
    return timer
  }) as typeof setTimeout)
  const stopping = vi.spyOn(globalThis, 'clearTimeout').mockImplementation(((timer: object) => {
    if (!held.delete(timer)) stop(timer as NodeJS.Timeout)
  }) as typeof clearTimeout)

  return {
    get count() {
      return held.size
    },
    async tick() {
      const due = [...held.values()]
      held.clear()
      for (const callback of due) callback()
      for (let i = 0; i < 5; i += 1) await new Promise((resolve) => setImmediate(resolve))
    },
    restore() {
      starting.mockRestore()
      stopping.mockRestore()
    },
  }
}
