import { isReportedOutage } from '../oauth/reasons.js'
import type { AuthEvent, EventListener } from './auth-event.js'

/** A logger that takes the fields first and the message second, as pino, bunyan and Fastify do. */
export interface EventLogger {
  error(fields: object, message: string): void
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
  debug(fields: object, message: string): void
}

/**
 * Creates a listener that writes events to a logger: `onEvent: logEvents(pino())`. The event becomes the fields, its
 * `type` the message.
 *
 * `error` is a failure of this server, `warn` a possible attack or a wrong setting, `info` a security-relevant fact, and
 * `debug` everyday traffic.
 *
 * @throws `TypeError` if the logger lacks a method. A logger that takes the message first needs a listener of your own.
 *
 * @example
 * ```ts
 * import { logEvents, OAuthProvider } from '@tollgate/auth-core'
 * import { logger, options } from './your-options.js'
 *
 * export const auth = new OAuthProvider({
 *   ...options,
 *   onEvent: logEvents(logger),
 * })
 * ```
 */
export function logEvents(logger: EventLogger): EventListener {
  for (const level of ['error', 'warn', 'info', 'debug'] as const)
    if (typeof logger?.[level] !== 'function')
      throw new TypeError('logEvents: "logger" must have the methods error, warn, info and debug.')
  return (event) => logger[levelOf(event)](event, event.type)
}

type Level = keyof EventLogger

export const levels: Readonly<Record<AuthEvent['type'], Level>> = {
  'registration.open': 'warn',
  'documents.off': 'warn',
  'client.registered': 'info',
  'client.rejected': 'info',
  'document.failed': 'warn',
  'client.rekeyed': 'warn',
  'consent.shown': 'debug',
  'consent.rejected': 'warn',
  'authorization.granted': 'info',
  'authorization.denied': 'info',
  'tokens.issued': 'info',
  'code.replayed': 'warn',
  'refresh.repeated': 'debug',
  'refresh.reused': 'warn',
  'tokens.revoked': 'info',
  'key.added': 'info',
  'key.withdrawn': 'warn',
  'token.rejected': 'info',
  'request.limited': 'warn',
  'scope.missing': 'debug',
  'source.unavailable': 'error',
  'request.failed': 'info',
}

function levelOf(event: AuthEvent): Level {
  return event.type === 'request.failed' && isUntoldFailure(event) ? 'error' : levels[event.type]
}

/** Whether a request failed because of this server, and no other event reports that failure. */
export function isUntoldFailure({ code, reason }: AuthEvent & { readonly type: 'request.failed' }): boolean {
  if (code !== 'server_error' && code !== 'temporarily_unavailable') return false
  return reason !== 'rate_limited' && reason !== 'step_up_needed' && !isReportedOutage(reason)
}
