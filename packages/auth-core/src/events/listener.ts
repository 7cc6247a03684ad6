import { isReportedOutage } from '../oauth/reasons.js'
import { type Clock, systemClock } from '../runtime/clock.js'
import { ignoreRejection } from '../runtime/promise-like.js'
import type { AuthEvent, EventListener, TokenRefusal } from './auth-event.js'
import { consoleListener } from './console-listener.js'
import { serializableCause } from './event-cause.js'

/** Reports that a token was refused: at once, unless the one who asked wants to say when. */
export function reportRejection(
  emit: EventListener,
  refusal: TokenRefusal,
  deferRejection?: ((report: () => void) => void) | undefined,
): void {
  const report = () => emit({ type: 'token.rejected', ...refusal })
  if (deferRejection === undefined) report()
  else deferRejection(report)
}

/** Reports that a verifier failed, unless what it threw says that this was reported where it happened. */
export function reportFailure(emit: EventListener, cause: unknown): void {
  const { name, reason } = (cause ?? {}) as { name?: unknown; reason?: unknown }
  if (name === 'OAuthError' && typeof reason === 'string' && isReportedOutage(reason)) return
  emit({ type: 'source.unavailable', source: 'verifier', cause })
}

/** What there is instead of a listener. */
export const noListener: EventListener = () => {}

/**
 * The listener that something was given, made safe. `undefined` if it was given none: then it is for whoever uses it to
 * say who listens.
 *
 * @throws `TypeError`, naming the option.
 */
export function givenListener(onEvent: EventListener | false | undefined): EventListener | undefined {
  if (onEvent === undefined) return undefined
  if (onEvent === false) return noListener
  if (typeof onEvent !== 'function') throw new TypeError('"onEvent" must be a function, or false for silence')
  return safeListener(onEvent)
}

/** What listens where nobody does: the console. */
export function defaultListener(now: Clock): EventListener {
  return safeListener(consoleListener(now))
}

/** Who listens to a gate or something like it that was not told: whoever listens to its provider. */
export function listenerOf(provider: {
  readonly onEvent?: EventListener | undefined
  now?: (() => number) | undefined
}): EventListener {
  const listener = listenerIn(provider)
  if (listener !== undefined) return safeListener(listener)
  return defaultListener(() => provider.now?.() ?? systemClock())
}

/**
 * The listener of a provider that something is made of. A proxy of one, or an object that inherits from one, cannot tell
 * what is private to it, and has none.
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

/** A listener that cannot fail, made of one that may. It gets causes that survive `JSON.stringify`. */
export function safeListener(listener: EventListener): EventListener {
  return function emit(event) {
    try {
      // A listener typed as returning nothing may still be an async function.
      ignoreRejection(listener(withSerializableCause(event)))
    } catch {
      // Telling the operator must never change what the client is told.
    }
  }
}

function withSerializableCause(event: AuthEvent): AuthEvent {
  if (!('cause' in event) || event.cause === undefined) return event
  const cause = serializableCause(event.cause)
  return cause === event.cause ? event : { ...event, cause }
}
