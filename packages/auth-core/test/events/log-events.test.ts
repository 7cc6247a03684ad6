import { pino } from 'pino'
import { expect, test } from 'vitest'
import { safeListener } from '../../src/events/listener.js'
import { levels, logEvents } from '../../src/events/log-events.js'

/** A real pino, and the lines that it has written. */
function realPino() {
  const lines: Record<string, unknown>[] = []
  const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  return { lines, listen: safeListener(logEvents(logger)) }
}

test('O-05 pino gets the event as fields, its type as message, and its error', () => {
  const { lines, listen } = realPino()
  const cause = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })
  listen({ type: 'source.unavailable', source: 'jwks', cause })
  expect(lines).toMatchObject([
    {
      level: 50,
      msg: 'source.unavailable',
      type: 'source.unavailable',
      source: 'jwks',
      cause: {
        name: 'TypeError',
        message: 'fetch failed',
        stack: cause.stack,
        cause: { message: 'connect ECONNREFUSED' },
      },
    },
  ])
})

test('O-05 pino serializes the error even without logEvents', () => {
  const lines: string[] = []
  const logger = pino({}, { write: (line: string) => void lines.push(line) })
  safeListener((event) => logger.info(event))({
    type: 'source.unavailable',
    source: 'store',
    cause: new Error('disk full'),
  })
  expect(lines.join()).toContain('"message":"disk full"')
})

test.each([
  [{ type: 'refresh.reused', clientId: 'c', subject: 's' }, 40],
  [{ type: 'tokens.revoked', by: 'client' }, 30],
  [{ type: 'scope.missing', scopes: ['notes:write'] }, 20],
  [
    {
      type: 'request.failed',
      endpoint: 'token',
      code: 'invalid_grant',
      description: 'No.',
      reason: 'code_expired',
    },
    30,
  ],
  [
    {
      type: 'request.failed',
      endpoint: 'token',
      code: 'server_error',
      description: 'No.',
      reason: 'unexpected_error',
    },
    50,
  ],
  [
    {
      type: 'request.failed',
      endpoint: 'token',
      code: 'temporarily_unavailable',
      description: 'No.',
      reason: 'rate_limited',
    },
    30,
  ],
  [
    {
      type: 'request.failed',
      endpoint: 'token',
      code: 'temporarily_unavailable',
      description: 'No.',
      reason: 'user_check_failed',
    },
    50,
  ],
  [
    {
      type: 'request.failed',
      endpoint: 'token',
      code: 'temporarily_unavailable',
      description: 'No.',
      reason: 'store_unavailable',
    },
    30,
  ],
] as const)('%j has the level %i', (event, level) => {
  const { lines, listen } = realPino()
  listen(event)
  expect(lines).toMatchObject([{ ...event, level, msg: event.type }])
})

test('logEvents calls the methods of the logger on the logger', () => {
  class Logger {
    readonly lines: unknown[] = []
    error(...line: unknown[]) {
      this.lines.push(line)
    }
    warn = this.error
    info = this.error
    debug = this.error
  }
  const logger = new Logger()
  const event = { type: 'key.withdrawn', kid: 'key-1' } as const
  logEvents(logger)(event)
  expect(logger.lines).toEqual([[event, 'key.withdrawn']])
  expect(levels['key.withdrawn']).toBe('warn')
})

test('logEvents refuses a logger without these methods', () => {
  expect(() => logEvents({} as never)).toThrow('logEvents: "logger" must have the methods')
})
