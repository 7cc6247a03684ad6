import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { AuthEvent, EventListener } from '../../src/events/auth-event.js'
import { consoleListener } from '../../src/events/console-listener.js'
import { testClock } from '../harness/test-clock.js'

const warn = vi.spyOn(console, 'warn')
let now = testClock()
let listen: EventListener

beforeEach(() => {
  warn.mockReset().mockImplementation(() => {})
  now = testClock()
  listen = consoleListener(now)
})
afterEach(() => vi.unstubAllEnvs())

function printed(): unknown[] {
  return warn.mock.calls.splice(0).map(([line, ...rest]) => (rest.length === 0 ? line : [line, ...rest]))
}

const outage: AuthEvent = { type: 'source.unavailable', source: 'store', cause: new Error('disk full') }
const rejection: AuthEvent = {
  type: 'token.rejected',
  reason: 'type',
  issuer: 'https://login.example.com',
  expected: { typ: 'at+jwt' },
  hint: `Set "typ" to 'any-jwt'.`,
}
const failed = { type: 'request.failed', endpoint: 'token', description: 'No.' } as const
const refusal: AuthEvent = {
  ...failed,
  code: 'invalid_grant',
  reason: 'refresh_token_reused',
  hint: 'Set "refreshGrace".',
}
const thrown: AuthEvent = {
  ...failed,
  code: 'server_error',
  reason: 'unexpected_error',
  cause: new TypeError('no user'),
}

test('O-05 an outage is printed in one line with its cause', () => {
  const cause = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:443') })
  listen({ type: 'source.unavailable', source: 'jwks', cause })
  expect(printed()).toEqual([
    '[tollgate] source.unavailable source=jwks cause="TypeError: fetch failed (Error: connect ECONNREFUSED 127.0.0.1:443)"',
  ])
})

test('O-05 a refused token is printed in one line with the expected values and the fix', () => {
  listen(rejection)
  expect(printed()).toEqual([
    `[tollgate] token.rejected reason=type issuer=https://login.example.com expected={"typ":"at+jwt"} hint: Set "typ" to 'any-jwt'.`,
  ])
})

test('O-05 a failed request is printed in one line', () => {
  listen({ ...thrown, requestId: 'abc' })
  expect(printed()).toEqual([
    '[tollgate] request.failed endpoint=token description=No. code=server_error reason=unexpected_error cause="TypeError: no user" requestId=abc',
  ])
})

describe('the console listener prints', () => {
  const open: AuthEvent = { type: 'registration.open', hint: 'Set "clientAddress".' }
  const document: AuthEvent = {
    type: 'document.failed',
    reason: 'unreachable',
    clientId: 'https://a.example',
    cause: new Error('403'),
  }
  const untold: AuthEvent = { ...failed, code: 'temporarily_unavailable', reason: 'user_check_failed' }
  const told: AuthEvent = { ...failed, code: 'temporarily_unavailable', reason: 'store_unavailable' }
  const limited: AuthEvent = { ...failed, code: 'temporarily_unavailable', reason: 'rate_limited' }
  const cut: AuthEvent = {
    ...failed,
    code: 'invalid_request',
    reason: 'body_incomplete',
    cause: new Error('aborted'),
  }
  const normal: AuthEvent[] = [
    { type: 'key.added', kid: 'k', alg: 'ES256', signsFrom: 1 },
    { type: 'scope.missing', scopes: ['a'] },
    { type: 'refresh.repeated', clientId: 'c', subject: 's' },
  ]

  test.each([open, document, outage, thrown, untold])('$type $reason in production as well', (event) => {
    vi.stubEnv('NODE_ENV', 'production')
    listen(event)
    expect(printed()).toHaveLength(1)
  })

  test.each([rejection, refusal, told, limited, cut])('$type $reason outside production only', (event) => {
    vi.stubEnv('NODE_ENV', 'production')
    listen(event)
    expect(printed()).toEqual([])
    for (const environment of ['development', 'test', '']) {
      vi.stubEnv('NODE_ENV', environment)
      consoleListener(now)(event)
      expect(printed()).toHaveLength(1)
    }
  })

  test.each(normal)('$type never', (event) => {
    listen(event)
    expect(printed()).toEqual([])
  })
})

describe('a runtime', () => {
  afterEach(() => vi.unstubAllGlobals())

  test('without "process" is not production', () => {
    vi.stubGlobal('process', undefined)
    listen(rejection)
    expect(printed()).toHaveLength(1)
  })

  test('whose environment is not readable is not production', () => {
    vi.stubGlobal('process', {
      get env() {
        throw new Error('NotCapable: Requires env access')
      },
    })
    listen(rejection)
    expect(printed()).toHaveLength(1)
  })

  test('on Deno does not prompt the user for permission', () => {
    const read = vi.fn(() => 'production')
    vi.stubGlobal('process', { env: Object.defineProperty({}, 'NODE_ENV', { get: read }) })
    const permission = { state: 'prompt' }
    const querySync = vi.fn((_variable: object) => permission)
    vi.stubGlobal('Deno', { permissions: { querySync } })
    listen(rejection)
    expect(read).not.toHaveBeenCalled()
    expect(querySync).toHaveBeenCalledWith({ name: 'env', variable: 'NODE_ENV' })
    expect(printed()).toHaveLength(1)
    permission.state = 'granted'
    consoleListener(now)(rejection)
    expect(printed()).toEqual([])
  })
})

describe('the console listener', () => {
  test('prints a kind of event once in ten seconds, then with the number of suppressed ones', () => {
    for (let n = 0; n < 5; n += 1) listen(outage)
    expect(printed()).toHaveLength(1)
    now.advance(9)
    listen(outage)
    expect(printed()).toEqual([])
    now.advance(1)
    listen(outage)
    expect(printed()).toEqual([
      '[tollgate] source.unavailable source=store cause="Error: disk full" (5 more since the last)',
    ])
    now.advance(10)
    listen(outage)
    expect(printed()).toEqual(['[tollgate] source.unavailable source=store cause="Error: disk full"'])
  })

  test('counts each kind of event apart', () => {
    const events: AuthEvent[] = [
      outage,
      { ...outage, source: 'jwks' },
      rejection,
      { ...rejection, reason: 'issuer' },
      { ...rejection, reason: 'issuer', issuer: 'https://machines.example.com' },
      refusal,
      { ...refusal, endpoint: 'revoke' },
      { ...failed, code: 'invalid_request' },
      { ...failed, code: 'invalid_scope' },
    ]
    for (const event of [...events, ...events]) listen(event)
    expect(printed()).toHaveLength(events.length)
  })

  test('prints on when the clock is set back', () => {
    listen(outage)
    now.advance(-3600)
    listen(outage)
    expect(printed()).toHaveLength(2)
  })

  test.each<[string, () => number]>([
    [
      'throws',
      () => {
        throw new Error('no clock')
      },
    ],
    ['tells no time', () => Number.NaN],
  ])('a clock that %s silences nothing, and prints no more', (_name, broken) => {
    const printing = consoleListener(broken)
    printing(outage)
    printing(outage)
    expect(printed()).toHaveLength(1)
  })

  test('bounds the kinds that it counts, and still prints each new reason', () => {
    for (let n = 0; n < 1000; n += 1) listen({ ...thrown, reason: `app_${n}` })
    const lines = printed()
    expect(lines.length).toBeGreaterThan(100)
    expect(lines.length).toBeLessThan(250)
    now.advance(10)
    listen({ ...thrown, reason: 'app_1001' })
    expect(printed()).toEqual([expect.stringMatching(/reason=app_1001 .* \(79\d more since the last\)$/)])
  })
})

describe('O-03 a line cannot be forged', () => {
  const forged = 'down\n[tollgate] tokens.issued\r\u2028\u2029\u001b[2J\u202e\u0000\u0085\ud800 "quoted"'
  test.each<[string, AuthEvent]>([
    ['a message', { type: 'source.unavailable', source: 'store', cause: new Error(forged) }],
    [
      'a name',
      { type: 'source.unavailable', source: 'store', cause: Object.assign(new Error(), { name: forged }) },
    ],
    [
      'an inner message',
      { type: 'source.unavailable', source: 'store', cause: new Error('x', { cause: new Error(forged) }) },
    ],
    ['a text that was thrown', { type: 'source.unavailable', source: 'store', cause: forged }],
    ['a hint', { ...rejection, hint: forged }],
    ['a configured value', { ...rejection, expected: { audience: [forged] } }],
    ['a name of a value', { ...rejection, expected: { [forged]: 'x' } }],
    ['a client id', { type: 'document.failed', clientId: forged, reason: 'unreachable', cause: undefined }],
    ['a description', { ...refusal, description: forged }],
  ])('by %s', (_name, event) => {
    listen(event)
    const [line, ...others] = printed()
    expect(others).toEqual([])
    expect(line).toMatch(/^[ -~]+$/)
    expect(line).toMatch(/^\[tollgate] [a-z.]+ /)
  })

  test('and has a maximum length', () => {
    listen({ ...rejection, hint: 'h'.repeat(100_000), issuer: 'i'.repeat(100_000) })
    listen({ type: 'source.unavailable', source: 'store', cause: new Error('m '.repeat(100_000)) })
    for (const line of printed()) expect(String(line).length).toBeLessThan(2000)
  })
})

test('O-02 a secret in a cause is redacted', () => {
  const cause = new Error('rejected eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2ln by redis://:hunter2@cache')
  listen({ type: 'source.unavailable', source: 'verifier', cause })
  expect(printed()).toEqual([
    '[tollgate] source.unavailable source=verifier cause="Error: rejected [redacted] by redis://[redacted]@cache"',
  ])
})
