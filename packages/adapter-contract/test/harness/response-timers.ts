import { vi } from 'vitest'

/** The timers of responses that are open, moved by hand. All other timers stay as they are. */
export interface ResponseTimers {
  /** How many responses are watched. */
  readonly count: number
  /** Fires all of them, as if a second had passed, and waits for what they do. */
  readonly tick: () => Promise<void>
  readonly restore: () => void
}

/** What a response that is open waits, in milliseconds. Nothing else in these tests waits as long. */
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
