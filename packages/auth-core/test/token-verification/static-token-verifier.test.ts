import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  StaticTokenVerifier,
  type StaticTokenVerifierOptions,
} from '../../src/token-verification/static-token-verifier.js'
import { testClock } from '../harness/test-clock.js'

const resource = 'https://api.example.com/mcp'

function setUp(tokens: StaticTokenVerifierOptions['tokens']) {
  const clock = testClock()
  return { clock, verifier: new StaticTokenVerifier({ tokens, now: clock }) }
}

test('A-33 a listed token has its configured client, user and scopes', async () => {
  const { clock, verifier } = setUp({
    'dev-token': {
      clientId: 'dev',
      scopes: ['a'],
      subject: 'alice',
      expiresAt: 1_800_000_100,
      claims: { tenant: 1 },
    },
  })
  expect(clock()).toBeLessThan(1_800_000_100)
  expect(await verifier.verifyToken('dev-token', { resource })).toEqual({
    token: 'dev-token',
    clientId: 'dev',
    subject: 'alice',
    scopes: ['a'],
    expiresAt: 1_800_000_100,
    resource: new URL(resource),
    claims: { tenant: 1 },
    extra: { subject: 'alice', claims: { tenant: 1 } },
  })
})

test.each(['dev-toke', 'dev-token ', 'DEV-TOKEN', '', 'toString', '__proto__'])(
  'A-07 %j is not listed',
  async (token) => {
    const { verifier } = setUp({ 'dev-token': { clientId: 'dev' } })
    expect(await verifier.verifyToken(token)).toBeNull()
  },
)

test('A-55 listed tokens have the issuer of their verifier', async () => {
  const tokens = { 'dev-token': { clientId: 'dev' } }
  const verifier = new StaticTokenVerifier({ tokens, issuer: 'development' })
  expect(await verifier.verifyToken('dev-token')).toMatchObject({
    issuer: 'development',
    extra: { issuer: 'development' },
  })
  expect(await setUp(tokens).verifier.verifyToken('dev-token')).not.toHaveProperty('issuer')
  expect(() => new StaticTokenVerifier({ tokens, issuer: '' })).toThrow(/"issuer" must be a string/)
})

test('A-12 N-12 a listed token expires', async () => {
  const { clock, verifier } = setUp({ 'dev-token': { clientId: 'dev', expiresAt: 1_800_000_100 } })
  clock.advance(99)
  expect(await verifier.verifyToken('dev-token')).not.toBeNull()
  clock.advance(1)
  expect(await verifier.verifyToken('dev-token')).toBeNull()
})

test('O-06 a printed verifier does not contain the tokens', () => {
  const { verifier } = setUp({ 'dev-token': { clientId: 'dev' } })
  expect(inspect(verifier, { depth: 10, showHidden: true })).not.toContain('dev-token')
})

test('a listed token without expiry gets one, because the SDKs require it', async () => {
  const { clock, verifier } = setUp({ 'dev-token': { clientId: 'dev' } })
  expect((await verifier.verifyToken('dev-token'))?.expiresAt).toBe(clock() + 3600)
})

test('scopes and claims of one request do not reach the next', async () => {
  const { verifier } = setUp({ 'dev-token': { clientId: 'dev', scopes: ['a'] } })
  ;(await verifier.verifyToken('dev-token'))?.scopes.push('admin')
  expect((await verifier.verifyToken('dev-token'))?.scopes).toEqual(['a'])
})

describe('invalid options', () => {
  test.each<[string, unknown]>([
    ['tokens', undefined],
    ['tokens', null],
    ['tokens', 'dev-token'],
    ['tokens[…].clientId', { 'dev-token': {} }],
    ['tokens[…].clientId', { 'dev-token': { clientId: '' } }],
    ['tokens[…].expiresAt', { 'dev-token': { clientId: 'dev', expiresAt: 1_800_000_100_000 } }],
    ['tokens[…].expiresAt', { 'dev-token': { clientId: 'dev', expiresAt: 'never' } }],
  ])('%s: %j is a TypeError that names it', (option, tokens) => {
    const construct = () => new StaticTokenVerifier({ tokens } as StaticTokenVerifierOptions)
    expect(construct).toThrow(TypeError)
    expect(construct).toThrow(`"${option}"`)
  })

  test('O-02 the error of StaticTokenVerifier does not repeat the token', () => {
    expect(() => setUp({ 'secret-token': { clientId: '' } })).not.toThrow(/secret-token/)
  })
})
