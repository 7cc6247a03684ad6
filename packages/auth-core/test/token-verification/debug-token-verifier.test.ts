import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DebugTokenVerifier, type DebugTokenVerifierOptions, requireBearerAuth } from '../../src/index.js'
import { recorder } from '../harness/events.js'
import { testClock } from '../harness/test-clock.js'

const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
beforeEach(() => warn.mockClear())
afterEach(() => vi.unstubAllEnvs())

const now = testClock()
const resource = 'https://rs.example/mcp'

describe('DebugTokenVerifier accepts', () => {
  test('DebugTokenVerifier accepts any token that is not blank, for the client debug-client without scopes', async () => {
    const verifier = new DebugTokenVerifier({ now })

    expect({ ...(await verifier.verifyToken('anything', { resource })) }).toEqual({
      token: 'anything',
      clientId: 'debug-client',
      scopes: [],
      expiresAt: now() + 3600,
      resource: new URL(resource),
      claims: {},
      extra: { claims: {} },
    })
    expect(await verifier.verifyToken('', { resource })).toBeNull()
    expect(await verifier.verifyToken(' \t', { resource })).toBeNull()
  })

  test('DebugTokenVerifier accepts tokens with the configured client, scopes and user', async () => {
    const verifier = new DebugTokenVerifier({ clientId: 'cli', scopes: ['a', 'b'], subject: 'alice', now })

    expect(await verifier.verifyToken('anything')).toMatchObject({
      clientId: 'cli',
      scopes: ['a', 'b'],
      subject: 'alice',
    })
  })

  test.each<[string, DebugTokenVerifierOptions['validate']]>([
    ['a function', (token) => token === 'right'],
    ['a promise', async (token) => token === 'right'],
  ])('DebugTokenVerifier accepts the tokens that %s accepts, on every request', async (_kind, validate) => {
    const events = recorder()
    const verifier = new DebugTokenVerifier({ validate, onEvent: events })

    expect(await verifier.verifyToken('right')).toMatchObject({ token: 'right' })
    expect(await verifier.verifyToken('wrong')).toBeNull()
    expect(events.events).toEqual([{ type: 'token.rejected', reason: 'unknown' }])
  })

  test('A-51 DebugTokenVerifier refuses a token that its function no longer accepts', async () => {
    let isRight = true
    const gate = requireBearerAuth(new DebugTokenVerifier({ validate: () => isRight }))
    const request = () => new Request(resource, { headers: { authorization: 'Bearer anything' } })

    expect(await gate(request())).toMatchObject({ clientId: 'debug-client' })
    isRight = false
    expect(await gate(request())).toMatchObject({ status: 401 })
  })

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
    ['rejects', () => Promise.reject(new Error('down'))],
    ['returns no verdict', () => undefined],
    ['returns something else', () => 'yes'],
  ])('A-17 DebugTokenVerifier rejects if its function %s', async (_what, validate) => {
    const verifier = new DebugTokenVerifier({
      validate: validate as () => boolean,
      onEvent: false,
    })
    const gate = requireBearerAuth(verifier)
    const request = new Request(resource, { headers: { authorization: 'Bearer anything' } })

    await expect(verifier.verifyToken('anything')).rejects.toThrow()
    expect(await gate(request)).toMatchObject({ status: 503 })
  })

  test('A-23 a gate still refuses a token that lacks a scope', async () => {
    const gate = requireBearerAuth(new DebugTokenVerifier({ requiredScopes: ['admin'] }))
    const request = new Request(resource, { headers: { authorization: 'Bearer anything' } })

    expect(await gate(request)).toMatchObject({ status: 403 })
  })
})

describe('DebugTokenVerifier warns', () => {
  test('A-83 each DebugTokenVerifier prints a warning of one line', () => {
    new DebugTokenVerifier()
    new DebugTokenVerifier({ validate: () => false })

    expect(warn.mock.calls).toEqual(
      Array(2).fill([expect.stringMatching(/^\[tollgate\] DebugTokenVerifier: [^\n]+$/)]),
    )
  })

  test('A-83 the constructor of DebugTokenVerifier throws in production', () => {
    vi.stubEnv('NODE_ENV', 'production')

    expect(() => new DebugTokenVerifier()).toThrow(
      /^DebugTokenVerifier: it accepts tokens that nobody issued, and NODE_ENV is "production"/,
    )
    expect(() => new DebugTokenVerifier({ dangerouslyAllowInProduction: true })).not.toThrow()
    expect(warn).toHaveBeenCalledOnce()
  })
})

test.each<[string, object]>([
  ['validate', { validate: true }],
  ['clientId', { clientId: '' }],
  ['subject', { subject: 7 }],
  ['scopes', { scopes: 'a b' }],
  ['requiredScope', { requiredScope: ['a'] }],
])('DebugTokenVerifier names an invalid "%s" in a TypeError', (option, options) => {
  expect(() => new DebugTokenVerifier(options)).toThrow(TypeError)
  expect(() => new DebugTokenVerifier(options)).toThrow(`"${option}"`)
})
