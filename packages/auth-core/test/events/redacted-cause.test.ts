import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { causeText, serializableCause } from '../../src/events/redacted-cause.js'

/** What a log keeps of what was thrown. */
function logged(thrown: unknown): unknown {
  return JSON.parse(JSON.stringify({ cause: serializableCause(thrown) }))['cause']
}

test('O-05 an error keeps its name, message, code, stack and causes', () => {
  const inner = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' })
  const error = new TypeError('fetch failed', { cause: inner })
  expect(logged(error)).toEqual({
    name: 'TypeError',
    message: 'fetch failed',
    stack: error.stack,
    cause: { name: 'Error', message: inner.message, code: 'ECONNREFUSED', stack: inner.stack },
  })
})

test('a listener gets the thrown error without new enumerable members', () => {
  const error = new Error('x')
  const before = Object.keys(error)
  expect(serializableCause(error)).toBe(error)
  expect(Object.keys(error)).toEqual(before)
})

test('an AggregateError keeps its errors', () => {
  const error = new AggregateError([new Error('first'), new Error('second')], '')
  expect(logged(error)).toMatchObject({ name: 'AggregateError', errors: [{ message: 'first' }, {}] })
  expect(causeText(error)).toBe('AggregateError (Error: first)')
})

test('a timeout that is not an Error in this runtime keeps its name', () => {
  const timeout = new DOMException('The operation was aborted due to timeout', 'TimeoutError')
  expect(logged(timeout)).toMatchObject({
    name: 'TimeoutError',
    message: /timeout/.source && timeout.message,
  })
})

test('O-02 other members are left out, including a toJSON that repeats the request', () => {
  class HttpError extends Error {
    config = { headers: { authorization: 'Bearer 123' }, data: 'token=456' }
    toJSON() {
      return { message: this.message, config: this.config }
    }
  }
  const text = JSON.stringify({ cause: serializableCause(new HttpError('answered 500')) })
  expect(text).toContain('answered 500')
  expect(text).not.toMatch(/123|456|config/)
})

const secret = 'Zm9yLXRlc3Rz-c2VjcmV0_b2YtYS1jbGllbnQ-0123456789'
const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2ln'
test.each([
  ['an opaque token', `Unexpected token ${secret} in JSON`, 'Unexpected token [redacted] in JSON'],
  ['a JWT', `bad token "${jwt}"`, 'bad token "[redacted]"'],
  ['credentials', 'sent Basic dXNlcjpwYXNzd29yZA== to it', 'sent Basic [redacted] to it'],
  [
    'a connection string',
    'no route to postgres://app:hunter2@db:5432/notes',
    'no route to postgres://[redacted]@db:5432/notes',
  ],
  [
    'a URL',
    'https://a.example/x?id=7&api_key=hunter2&code=abc answered 500',
    'https://a.example/x?id=7&api_key=[redacted]&code=[redacted] answered 500',
  ],
  [
    'settings',
    'cannot log in with user=app password=hunter2',
    'cannot log in with user=app password=[redacted]',
  ],
  ['nothing', 'getaddrinfo ENOTFOUND login.example.com', 'getaddrinfo ENOTFOUND login.example.com'],
])('O-02 a message keeps everything but %s', (_name, message, expected) => {
  expect(logged(new Error(message))).toMatchObject({ message: expected })
  expect(JSON.stringify(logged(new Error(message)))).not.toMatch(/hunter2|Zm9y|eyJ|dXNlcjp/)
  expect(logged(new Error('outer', { cause: new Error(message) }))).toMatchObject({
    cause: { message: expected },
  })
  expect(logged(message)).toBe(expected)
  expect(causeText(new Error(message))).toBe(`Error: ${expected}`)
  expect(causeText(message)).toBe(expected)
})

test('O-02 a long message is cut, but never within a secret', () => {
  for (let padding = 1900; padding < 2010; padding += 1) {
    const { message } = logged(new Error(`${'x '.repeat(padding / 2)}${secret}`)) as { message: string }
    expect(message.length).toBeLessThanOrEqual(2020)
    expect(message).not.toContain('Zm9y')
  }
  const huge = logged(new Error('a'.repeat(10_000_000))) as { message: string; stack: string }
  expect(huge.message.length + huge.stack.length).toBeLessThan(11_000)
})

test.each(['token.', 'key', '?key', '&token', '//', '//a@', 'eyJa.', 'Bearer ', 'a.', '-'])(
  'a message of many %j is redacted in linear time',
  (part) => {
    // As long as it may be: a longer one is cut.
    const message = part.repeat(7900 / part.length)
    const thrown = { stack: message }
    const started = performance.now()
    for (let n = 0; n < 10; n += 1) logged(thrown)
    expect(performance.now() - started).toBeLessThan(2000)
  },
)

test('an object that is not an error is replaced by its loggable members and stays unchanged', () => {
  const thrown = { code: 'E1', detail: { token: 'abc' } }
  expect(serializableCause(thrown)).toEqual({ name: 'Thrown', message: '', code: 'E1' })
  expect(JSON.stringify(thrown)).toBe('{"code":"E1","detail":{"token":"abc"}}')
})

test('an error of another realm stays the same object', () => {
  const foreign: unknown = runInNewContext('new RangeError("far away")')
  expect(foreign).not.toBeInstanceOf(Error)
  expect(serializableCause(foreign)).toBe(foreign)
  expect(logged(foreign)).toMatchObject({ name: 'RangeError', message: 'far away' })
})

describe('any value can be thrown', () => {
  const circular = new Error('round')
  circular.cause = circular
  const endless = Array.from({ length: 1000 }).reduce((cause) => new Error('again', { cause }), undefined)
  const hostile = new Proxy(
    {},
    {
      get() {
        throw new Error('do not look')
      },
      defineProperty: () => false,
    },
  )
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a string', 'text'],
    ['a number', 7],
    ['a bigint', 7n],
    ['a symbol', Symbol('s')],
    ['a function', () => {}],
    ['an object', { a: 1n }],
    ['an object without a prototype', Object.create(null)],
    ['a circular error', circular],
    ['an error with a thousand causes', endless],
    ['a frozen error', Object.freeze(new Error('frozen'))],
    ['what throws when it is looked at', hostile],
  ])('%s', (_name, thrown) => {
    expect(() => logged(thrown)).not.toThrow()
    expect(JSON.stringify(logged(thrown) ?? '').length).toBeLessThan(30_000)
    expect(causeText(thrown)).toMatch(/^.{1,2000}$/s)
  })

  test('a frozen error is replaced by its loggable members', () => {
    expect(logged(Object.freeze(new RangeError('frozen')))).toMatchObject({
      name: 'RangeError',
      message: 'frozen',
    })
  })
})
