import { randomToken } from '../runtime/crypto.js'
import type { EventListener } from './auth-event.js'
import { noListener } from './listener.js'

/** The events of one request. */
export interface RequestEvents {
  /** The `requestId` of all of them; `undefined` without a listener. */
  readonly id: string | undefined
  readonly emit: EventListener
}

/** Gives all events of one request the same new `requestId`. */
export function requestEvents(emit: EventListener): RequestEvents {
  if (emit === noListener) return { id: undefined, emit }
  const id = randomToken(12)
  return { id, emit: (event) => emit({ ...event, requestId: id }) }
}
