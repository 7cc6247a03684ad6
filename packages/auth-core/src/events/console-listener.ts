import { type Clock, isDuring, systemClock } from '../runtime/clock.js'
import { isProduction } from '../runtime/production.js'
import type { AuthEvent, EventListener } from './auth-event.js'
import { causeText } from './event-cause.js'
import { isUntoldFailure } from './log-events.js'

/** Seconds for which a kind of event is only counted once it was printed. */
const silence = 10
/** How many kinds are told apart. Applications may make up reasons; what is beyond them is one more kind. */
const mostKinds = 200

const longestValue = 500

/**
 * Who listens if nobody does: prints what an operator must see, one line each, with `console.warn`. That is every outage
 * and every failure of the application's own code; outside production, every refused token and request as well.
 *
 * A kind of event is printed once in ten seconds, with the number of those that were not.
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

/** A clock of the application may be what has failed; and that of a provider is not there before the provider is. */
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

/** What happens every day, or is beside a failed request that is printed. A new event does not compile until it is decided. */
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
  // Control characters, line separators, and what turns the direction of text: of those, a line could be forged.
  return bounded(text).replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  )
}

function bounded(text: string): string {
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text
}
