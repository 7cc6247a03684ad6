import { isReportedOutage } from '../oauth/reasons.js'
import { type Clock, systemClock } from '../runtime/clock.js'
import { ignoreRejection } from '../runtime/promise-like.js'
import type { AuthEvent, EventListener, TokenRefusal } from './auth-event.js'
import { consoleListener } from './console-listener.js'
import { serializableCause } from './redacted-cause.js'

/** Reports a refused token: immediately, or through `deferRejection` if the caller decides when. */
export function reportRejection(
  emit: EventListener,
  refusal: TokenRefusal,
  deferRejection?: ((report: () => void) => void) | undefined,
): void {
  const report = () => emit({ type: 'token.rejected', ...refusal })
  if (deferRejection === undefined) report()
  else deferRejection(report)
}

/** Reports that a verifier failed, unless the thrown error says that it was reported already. */
export function reportFailure(emit: EventListener, cause: unknown): void {
  const { name, reason } = (cause ?? {}) as { name?: unknown; reason?: unknown }
  if (name === 'OAuthError' && typeof reason === 'string' && isReportedOutage(reason)) return
  emit({ type: 'source.unavailable', source: 'verifier', cause })
}

/** The listener of `onEvent: false`. */
export const noListener: EventListener = () => {}

/**
 * The safe form of the listener in an `onEvent` option. `undefined` if the option is not set: the owner then uses the
 * listener of whatever it is part of.
 *
 * @throws `TypeError`, naming the option.
 */
export function givenListener(onEvent: EventListener | false | undefined): EventListener | undefined {
  if (onEvent === undefined) return undefined
  if (onEvent === false) return noListener
  if (typeof onEvent !== 'function')
    throw new TypeError('"onEvent" must be a function, or false to silence all events.')
  return safeListener(onEvent)
}

/** The listener for when `onEvent` is not set: prints to the console. */
export function defaultListener(now: Clock): EventListener {
  return safeListener(consoleListener(now))
}

/** The listener of a gate, or a similar part, without its own: that of its provider, or the console. */
export function listenerOf(provider: {
  readonly onEvent?: EventListener | undefined
  now?: (() => number) | undefined
}): EventListener {
  const listener = listenerIn(provider)
  if (listener !== undefined) return safeListener(listener)
  return defaultListener(() => provider.now?.() ?? systemClock())
}

/**
 * The listener of a provider that another object contains. `undefined` for a proxy of a provider, and for an object that
 * inherits from one: neither can read private members.
 */
export function listenerIn(
  provider: { readonly onEvent?: EventListener | undefined } | undefined,
): EventListener | undefined {
  try {
    return provider?.onEvent
  } catch {
    return undefined
  }
}

/** Wraps a listener so that it never throws, and gets causes that survive `JSON.stringify`. */
export function safeListener(listener: EventListener): EventListener {
  return function emit(event) {
    try {
      // A listener may be an async function, although its type returns nothing.
      ignoreRejection(listener(withSerializableCause(event)))
    } catch {
      // A failing listener must never change a response.
    }
  }
}

function withSerializableCause(event: AuthEvent): AuthEvent {
  if (!('cause' in event) || event.cause === undefined) return event
  const cause = serializableCause(event.cause)
  return cause === event.cause ? event : { ...event, cause }
}
