import { beforeAll, describe, expect, test } from 'vitest'
import type { IntrospectionTokenVerifierOptions } from '../../../src/token-verification/introspection-options.js'
import { IntrospectionTokenVerifier } from '../../../src/token-verification/introspection-token-verifier.js'
import { JWTVerifier } from '../../../src/token-verification/jwt-verifier.js'
import type { JWTVerifierOptions } from '../../../src/token-verification/jwt-verifier-options.js'
import { recorder } from '../../harness/events.js'
import { testClock } from '../../harness/test-clock.js'
import { issuer, newKey, resource, signToken, type TestKey } from '../../harness/tokens.js'

let key: TestKey

beforeAll(async () => {
  key = await newKey()
})

type Judge = (
  recipient: unknown,
  claims: object,
  options?: object,
) => Promise<{ readonly clientId?: string; readonly reason?: string }>

/** The verdict of a verifier with this recipient on a JWT with these claims. */
const judgeJwt: Judge = async (recipient, claims, options = {}) => {
  const now = testClock()
  const listen = recorder()
  const verifier = new JWTVerifier({
    ...{ issuer, jwks: { keys: [key.publicJwk] }, typ: 'any-jwt', now, onEvent: listen, recipient },
    ...options,
  } as JWTVerifierOptions)
  const bare = { aud: undefined, client_id: undefined }
  const token = await signToken(key, now(), { claims: { ...bare, ...claims }, header: { typ: 'JWT' } })
  const accessToken = await verifier.verifyToken(token, { resource })
  const event = listen.last()
  if (accessToken !== null) return { clientId: accessToken.clientId }
  return event?.type === 'token.rejected' ? { reason: event.reason } : {}
}

/** The verdict on a token whose introspection response has these claims. */
const judgeIntrospected: Judge = async (recipient, claims, options = {}) => {
  const now = testClock()
  const listen = recorder()
  const answer = { active: true, sub: 'alice', scope: 'notes:read', exp: now() + 60, ...claims }
  const verifier = new IntrospectionTokenVerifier({
    ...{ introspectionUrl: 'https://login.example.com/introspect', clientId: 'api', clientSecret: 's' },
    ...{ fetch: async () => Response.json(answer), now, onEvent: listen, recipient },
    ...options,
  } as IntrospectionTokenVerifierOptions)
  const accessToken = await verifier.verifyToken('token', { resource })
  const event = listen.last()
  if (accessToken !== null) return { clientId: accessToken.clientId }
  return event?.type === 'token.rejected' ? { reason: event.reason } : {}
}

describe.each<[string, Judge]>([
  ['JWTVerifier', judgeJwt],
  ['IntrospectionTokenVerifier', judgeIntrospected],
])('A-09 %s with a recipient', (_verifier, judge) => {
  test.each([
    ['client_id', { client_id: 'notes-app', token_use: 'access' }],
    ['azp', { azp: 'notes-app', typ: 'Bearer' }],
    ['cid', { cid: 'notes-app', scp: ['notes:read'] }],
    ['appid', { appid: 'notes-app', scp: 'notes:read' }],
  ])('a recipient accepts a token without aud whose %s is a named client', async (claim, claims) => {
    const recipient = { claim, values: ['other-app', 'notes-app'] }
    expect(await judge(recipient, claims)).toEqual({ clientId: 'notes-app' })
    expect(await judge(undefined, claims)).toEqual({ reason: 'audience' })
  })

  test.each([
    ['another client', { client_id: 'billing-app' }],
    ['another client, and a named one in another claim', { client_id: 'billing-app', azp: 'notes-app' }],
    ['no client', {}],
    ['a list of clients', { client_id: ['notes-app'] }],
    ['a client in other letters', { client_id: 'Notes-App' }],
    ['the subject alone', { sub: 'notes-app' }],
    ['another client, though aud is this server', { client_id: 'billing-app', aud: resource }],
  ])('a recipient refuses a token of %s', async (_name, claims) => {
    const recipient = { claim: 'client_id', values: 'notes-app' }
    expect(await judge(recipient, { token_use: 'access', ...claims })).toEqual({ reason: 'recipient' })
  })

  test.each([
    ['this server', resource, undefined],
    ['this server and another', [resource, 'https://other.example'], undefined],
    ['what its issuer always writes', 'account', ['account']],
    ['all that its issuer always writes', ['account', 'broker'], ['broker', 'account']],
    ['nobody', [], undefined],
    ['null', null, undefined],
  ])('a recipient accepts a token for %s', async (_name, aud, ignoredAudiences) => {
    const recipient = { claim: 'azp', values: ['notes-app'], ignoredAudiences }
    expect(await judge(recipient, { azp: 'notes-app', typ: 'Bearer', aud })).toEqual({
      clientId: 'notes-app',
    })
  })

  test.each([
    ['another server', 'https://billing.example.com', ['account']],
    [
      'another server, beside what its issuer always writes',
      ['account', 'https://billing.example.com'],
      'account',
    ],
    ['what its issuer always writes, where nobody said so', 'account', undefined],
    ['what is not text', 7, ['account']],
    ['what is not text, beside this server', [resource, 7], undefined],
  ])('a recipient refuses a token for %s', async (_name, aud, ignoredAudiences) => {
    const recipient = { claim: 'azp', values: ['notes-app'], ignoredAudiences }
    expect(await judge(recipient, { azp: 'notes-app', typ: 'Bearer', aud })).toEqual({ reason: 'audience' })
  })

  test('A-27 a recipient refuses an ID token of a named client', async () => {
    const recipient = { claim: 'client_id', values: ['notes-app'], ignoredAudiences: ['notes-app'] }
    const idToken = { client_id: 'notes-app', aud: 'notes-app', token_use: 'id' }
    expect(await judge(recipient, idToken)).toEqual({ reason: 'id_token' })
  })

  test.each([
    ['recipient', 'notes-app'],
    ['recipient', null],
    ['recipient.claim', { values: ['notes-app'] }],
    ['recipient.claim', { claim: 'sub', values: ['notes-app'] }],
    ['recipient.claim', { claim: 'aud', values: ['notes-app'] }],
    ['recipient.values', { claim: 'azp' }],
    ['recipient.values', { claim: 'azp', values: [] }],
    ['recipient.values', { claim: 'azp', values: [''] }],
    ['recipient.ignoredAudiences', { claim: 'azp', values: ['notes-app'], ignoredAudiences: [7] }],
    ['recipient.value', { claim: 'azp', values: ['notes-app'], value: 'other-app' }],
  ])('a TypeError names "%s" of the recipient %o', async (option, recipient) => {
    await expect(judge(recipient, {})).rejects.toThrow(`"${option}"`)
  })

  test('a recipient cannot be set together with an audience', async () => {
    const recipient = { claim: 'azp', values: ['notes-app'] }
    await expect(judge(recipient, {}, { audience: 'account' })).rejects.toThrow(
      '"recipient" and "audience" must not both be set',
    )
  })
})

test('A-09 A-27 JWTVerifier refuses an ID token whose client is in "recipient" and an ignored audience', async () => {
  const recipient = { claim: 'azp', values: ['notes-app'], ignoredAudiences: ['notes-app'] }
  const idToken = { azp: 'notes-app', aud: 'notes-app', scope: undefined }
  expect(await judgeJwt(recipient, idToken)).toEqual({ reason: 'id_token' })
})

test('A-22 JWTVerifier with a recipient cannot demand what RFC 9068 requires', async () => {
  const options = { typ: 'at+jwt', profile: 'rfc9068' }
  await expect(judgeJwt({ claim: 'azp', values: 'app' }, {}, options)).rejects.toThrow(
    '"recipient" and "profile" must not both be set',
  )
})

test('A-09 IntrospectionTokenVerifier with a recipient cannot accept any audience', async () => {
  const options = { dangerouslyAllowAnyAudience: true }
  await expect(judgeIntrospected({ claim: 'azp', values: 'app' }, {}, options)).rejects.toThrow(
    '"recipient" and "dangerouslyAllowAnyAudience" must not both be set',
  )
})
