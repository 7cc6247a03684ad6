import type { AuthEvent, EventListener } from '../../src/events/auth-event.js'

/** A listener that records events. */
export function recorder(): EventListener & { readonly events: AuthEvent[]; last(): AuthEvent | undefined } {
  const events: AuthEvent[] = []
  const listen = (event: AuthEvent) => {
    events.push(event)
  }
  return Object.assign(listen, { events, last: () => events.at(-1) })
}
