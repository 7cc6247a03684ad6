import { type Clock, isDuring, systemClock } from '../runtime/clock.js'
import { isProduction } from '../runtime/production.js'
import type { AuthEvent, EventListener } from './auth-event.js'
import { isUntoldFailure } from './log-events.js'
import { causeText } from './redacted-cause.js'

/** Seconds after a printed event during which events of its kind are only counted. */
const silence = 10
/** Kinds that are counted apart. Applications may define reasons without limit; the rest share one kind. */
const mostKinds = 200

const longestValue = 500

/**
 * Creates the default listener: it prints what an operator must see, one line each, with `console.warn`. That is each
 * outage and each failure of the application's own code; outside production, each refused token and request as well.
 *
 * A kind of event is printed once in ten seconds, with the number of suppressed ones.
 */
export function consoleListener(now: Clock): EventListener {
  const printed = new Map<string, { at: number; suppressed: number }>()

  return function printEvent(event) {
    if (!isWorthALine(event)) return
    const time = timeBy(now)
    const kind = kindOf(event)
    const key = printed.has(kind) || printed.size < mostKinds ? kind : ''
    const last = printed.get(key)
    if (last !== undefined && isDuring(time, last.at, last.at + silence)) {
      last.suppressed += 1
      return
    }
    printed.set(key, { at: time, suppressed: 0 })
    const more =
      last === undefined || last.suppressed === 0 ? '' : ` (${last.suppressed} more since the last)`
    console.warn(`${lineOf(event)}${more}`)
  }
}

/** Falls back to the system clock, because the given clock may be what failed, or may not be set up yet. */
function timeBy(now: Clock): number {
  try {
    const time = now()
    return Number.isFinite(time) ? time : systemClock()
  } catch {
    return systemClock()
  }
}

function isWorthALine(event: AuthEvent): boolean {
  switch (event.type) {
    case 'source.unavailable':
    case 'document.failed':
    case 'documents.off':
    case 'registration.open':
      return true
    case 'request.failed':
      return isUntoldFailure(event) || !isProduction()
    case 'token.rejected':
      return !isProduction()
    default:
      return neverPrinted(event.type)
  }
}

/** Everyday events, and those beside a printed `request.failed`. A new event does not compile until it is listed. */
type NeverPrinted =
  | `client.${'registered' | 'rejected' | 'rekeyed'}`
  | `consent.${'shown' | 'rejected'}`
  | `authorization.${'granted' | 'denied'}`
  | `tokens.${'issued' | 'revoked'}`
  | 'code.replayed'
  | `refresh.${'repeated' | 'reused'}`
  | `key.${'added' | 'withdrawn'}`
  | 'request.limited'
  | 'scope.missing'

function neverPrinted(_type: NeverPrinted): false {
  return false
}

function kindOf(event: AuthEvent): string {
  const { type, reason, source, endpoint, code, issuer } = event as Partial<Record<string, string>>
  return [type, reason ?? source ?? code, endpoint, issuer].join(' ')
}

function lineOf({ type, hint, ...members }: AuthEvent): string {
  const pairs = Object.entries(members)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${valueText(name === 'cause' ? causeText(value) : value)}`)
  return ['[tollgate]', type, ...pairs, ...(hint === undefined ? [] : [`hint: ${onOneLine(hint)}`])].join(' ')
}

function valueText(value: unknown): string {
  if (typeof value === 'string' && /^[\w.:/@+-]+$/.test(value)) return bounded(value)
  return onOneLine(JSON.stringify(typeof value === 'string' ? bounded(value) : value))
}

function onOneLine(text: string): string {
  // Control characters, line separators and direction marks could forge a line of the log.
  return bounded(text).replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  )
}

function bounded(text: string): string {
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text
}
