import { beforeAll, describe, expect, test, vi } from 'vitest'
import { MultiAuth } from '../../src/providers/multi-auth.js'
import { JWTVerifier } from '../../src/token-verification/jwt-verifier.js'
import type { JWTVerifierOptions } from '../../src/token-verification/jwt-verifier-options.js'
import { recorder } from '../harness/events.js'
import { testClock } from '../harness/test-clock.js'
import { newKey, resource, signToken, type TestKey } from '../harness/tokens.js'

const v2 = 'https://login.microsoftonline.com/{tenantid}/v2.0'
const v1 = 'https://sts.windows.net/{tenantid}/'
const ours = '6c1e0b7a-2d3f-4a5b-8c9d-0e1f2a3b4c5d'
const partner = 'a1b2c3d4-2d3f-4a5b-8c9d-0e1f2a3b4c5d'
const unlisted = 'deadbeef-2d3f-4a5b-8c9d-0e1f2a3b4c5d'
const consumers = '9188040d-6c67-4c5b-b112-36a304b66dad'
const of = (template: string, tenant: string) => template.replace('{tenantid}', tenant)

type Options = Readonly<Record<string, unknown>>

/** Keys of an issuer with tenants: for all tenants, for one tenant, and without an issuer. */
let common: TestKey
let consumer: TestKey
let unbound: TestKey

beforeAll(async () => {
  ;[common, consumer, unbound] = await Promise.all([
    newKey('ES256', 'common'),
    newKey('ES256', 'consumer'),
    newKey('ES256', 'unbound'),
  ])
})

function document(templateOfKeys = v2) {
  return {
    keys: [
      { ...common.publicJwk, issuer: templateOfKeys },
      { ...consumer.publicJwk, issuer: of(templateOfKeys, consumers) },
      unbound.publicJwk,
    ],
  }
}

/** One key, which names its issuer. */
const keysOf = (keyIssuer: string) => [{ ...consumer.publicJwk, issuer: keyIssuer }]

function setUp(options: Options, jwks: object = document()) {
  const clock = testClock()
  const listen = recorder()
  const fetched = vi.fn(async () => Response.json(jwks))
  const verifier = new JWTVerifier({
    ...{
      issuer: v2,
      jwksUri: 'https://login.microsoftonline.com/common/discovery/v2.0/keys',
      fetch: fetched,
    },
    ...{ typ: 'any-jwt', now: clock, onEvent: listen },
    ...options,
  } as JWTVerifierOptions)
  return {
    clock,
    fetched,
    listen,
    verifier,
    async judge(claims: object, key = common) {
      const token = await signToken(key, clock(), { claims: { ...claims }, header: { typ: 'JWT' } })
      const accessToken = await verifier.verifyToken(token, { resource })
      const event = listen.last()
      if (accessToken !== null) return 'accepted'
      return event?.type === 'token.rejected' ? event.reason : undefined
    },
  }
}

describe('A-11 an issuer with several tenants', () => {
  test('an issuer with tenants accepts the tokens of named tenants, each with its own issuer', async () => {
    const { judge, fetched } = setUp({ issuer: v2, tenants: [ours, partner.toUpperCase()] })
    expect(await judge({ iss: of(v2, ours), tid: ours })).toBe('accepted')
    expect(await judge({ iss: of(v2, partner), tid: partner })).toBe('accepted')
    expect(fetched).toHaveBeenCalledOnce()
  })

  test('an issuer with tenants accepts the tokens of any tenant with "any"', async () => {
    const { judge } = setUp({ issuer: v2, tenants: 'any' })
    expect(await judge({ iss: of(v2, unlisted), tid: unlisted })).toBe('accepted')
  })

  test('an issuer with tenants accepts several spellings of the issuer of one tenant', async () => {
    const { judge } = setUp({ issuer: [v2, v1], tenants: [ours] })
    expect(await judge({ iss: of(v2, ours), tid: ours })).toBe('accepted')
    expect(await judge({ iss: of(v1, ours), tid: ours })).toBe('accepted')
    expect(await judge({ iss: of(v1, unlisted), tid: unlisted })).toBe('issuer')
  })

  test.each<[string, object]>([
    ['another tenant', { iss: of(v2, unlisted), tid: unlisted }],
    ['another tenant, in the name of ours', { iss: of(v2, ours), tid: unlisted }],
    ['our tenant, by an issuer of another', { iss: of(v2, unlisted), tid: ours }],
    ['no tenant', { iss: of(v2, ours) }],
    ['the template itself', { iss: v2, tid: ours }],
    ['the template as a tenant', { iss: v2, tid: '{tenantid}' }],
    ['a list of tenants', { iss: of(v2, ours), tid: [ours] }],
    ['a tenant by another name', { iss: of(v2, 'contoso.com'), tid: 'contoso.com' }],
    ['a tenant that is a path', { iss: of(v2, `${ours}/../${ours}`), tid: `${ours}/../${ours}` }],
    ['a replacement pattern', { iss: of(v2, '$&'), tid: '$&' }],
    ['another version', { iss: of(v1, ours), tid: ours }],
    ['our issuer, with a slash', { iss: `${of(v2, ours)}/`, tid: ours }],
  ])('an issuer with tenants refuses a token of %s, before its keys are fetched', async (_name, claims) => {
    const { judge, fetched, listen } = setUp({ issuer: v2, tenants: [ours] })
    expect(await judge(claims)).toBe('issuer')
    expect(fetched).not.toHaveBeenCalled()
    expect(listen.last()).toMatchObject({ issuer: v2 })
    expect(JSON.stringify(listen.events)).not.toContain(unlisted)
  })

  test('an issuer with tenants uses the key of one tenant only for this tenant', async () => {
    const { judge } = setUp({ issuer: v2, tenants: 'any' })
    expect(await judge({ iss: of(v2, consumers), tid: consumers }, consumer)).toBe('accepted')
    expect(await judge({ iss: of(v2, ours), tid: ours }, consumer)).toBe('signature')
    expect(await judge({ iss: of(v2, ours), tid: ours }, unbound)).toBe('accepted')
  })

  test('an issuer with tenants does not fetch the keys again for a key of another tenant', async () => {
    const { judge, fetched } = setUp({ issuer: v2, tenants: 'any' })
    expect(await judge({ iss: of(v2, ours), tid: ours }, consumer)).toBe('signature')
    expect(await judge({ iss: of(v2, ours), tid: ours }, consumer)).toBe('signature')
    expect(fetched).toHaveBeenCalledOnce()
  })

  test('an issuer with tenants uses a key that names the v2.0 issuer for v1.0 tokens of the same tenant', async () => {
    const { judge } = setUp({ issuer: v1, tenants: 'any' })
    expect(await judge({ iss: of(v1, ours), tid: ours })).toBe('accepted')
    expect(await judge({ iss: of(v1, ours), tid: ours }, consumer)).toBe('signature')
    expect(await judge({ iss: of(v1, consumers), tid: consumers }, consumer)).toBe('accepted')
  })

  test.each([
    ['a number', 7],
    ['null', null],
    ['a list', [v2]],
  ])('an issuer with tenants does not use a key whose issuer is %s', async (_name, issuer) => {
    const { judge } = setUp(
      { issuer: v2, tenants: 'any' },
      {
        keys: [{ ...common.publicJwk, issuer }],
      },
    )
    expect(await judge({ iss: of(v2, ours), tid: ours })).toBe('signature')
  })

  test('an issuer with tenants uses configured keys in the same way as fetched ones', async () => {
    const { judge, fetched } = setUp({ issuer: v2, tenants: 'any', jwksUri: undefined, jwks: document() })
    expect(await judge({ iss: of(v2, ours), tid: ours })).toBe('accepted')
    expect(await judge({ iss: of(v2, ours), tid: ours }, consumer)).toBe('signature')
    expect(fetched).not.toHaveBeenCalled()
  })
})

describe('A-11 an exact issuer', () => {
  test('an exact issuer refuses a key of another tenant in the keys of all tenants', async () => {
    const { judge, fetched } = setUp({ issuer: of(v2, ours) })
    expect(await judge({ iss: of(v2, ours), tid: ours }, consumer)).toBe('signature')
    expect(await judge({ iss: of(v2, ours) }, consumer)).toBe('signature')
    expect(await judge({ iss: of(v2, ours), tid: consumers }, consumer)).toBe('signature')
    expect(fetched).toHaveBeenCalledOnce()
  })

  test.each<[string, object]>([
    ['names its tenant', { tid: ours }],
    ['names its tenant only in its issuer', {}],
  ])(
    'an exact issuer accepts the keys of all tenants, and its own, for a token that %s',
    async (_name, claims) => {
      for (const issuer of [of(v2, ours), of(v1, ours)]) {
        const jwks = { keys: [...document().keys.slice(0, 1), ...keysOf(of(v2, ours)), unbound.publicJwk] }
        const { judge } = setUp({ issuer }, jwks)
        expect(await judge({ iss: issuer, ...claims }, common)).toBe('accepted')
        expect(await judge({ iss: issuer, ...claims }, consumer)).toBe('accepted')
        expect(await judge({ iss: issuer, ...claims }, unbound)).toBe('accepted')
      }
    },
  )

  test('an exact issuer accepts a key that names it, whatever the claim "tid" says', async () => {
    const { judge } = setUp({ issuer: 'https://idp.example' }, { keys: keysOf('https://idp.example') })
    for (const tid of [undefined, 'fr-7', unlisted])
      expect(await judge({ iss: 'https://idp.example', tid }, consumer)).toBe('accepted')
  })

  test('an exact issuer refuses a key that names another issuer of a list', async () => {
    const issuer = ['https://one.example', 'https://two.example']
    const { judge } = setUp({ issuer }, { keys: keysOf('https://one.example') })
    expect(await judge({ iss: 'https://one.example' }, consumer)).toBe('accepted')
    expect(await judge({ iss: 'https://two.example' }, consumer)).toBe('signature')
  })

  test('an exact issuer refuses a token that names another tenant', async () => {
    const { judge } = setUp({ issuer: of(v2, ours) })
    expect(await judge({ iss: of(v2, unlisted), tid: unlisted })).toBe('issuer')
  })
})

describe('A-11 an issuer that a function names', () => {
  const issuers: Record<string, string> = { one: 'https://one.example', two: 'https://two.example' }
  const issuerOf = ({ org }: Readonly<Record<string, unknown>>) => issuers[String(org)]

  test('an issuer of a function must be what the function returns for the claims', async () => {
    const { judge, listen } = setUp({ issuer: issuerOf })
    expect(await judge({ iss: 'https://one.example', org: 'one' }, unbound)).toBe('accepted')
    expect(await judge({ iss: 'https://two.example', org: 'two' }, unbound)).toBe('accepted')
    expect(await judge({ iss: 'https://two.example', org: 'one' }, unbound)).toBe('issuer')
    expect(await judge({ iss: 'https://evil.example', org: 'evil' }, unbound)).toBe('issuer')
    expect(await judge({ iss: undefined, org: undefined }, unbound)).toBe('issuer')
    expect(listen.last()).toEqual({ type: 'token.rejected', reason: 'issuer' })
  })

  test('an issuer of a function uses only keys that name it, or name no issuer', async () => {
    const jwks = { keys: [{ ...common.publicJwk, issuer: 'https://one.example' }, unbound.publicJwk] }
    const { judge } = setUp({ issuer: issuerOf }, jwks)
    expect(await judge({ iss: 'https://one.example', org: 'one' })).toBe('accepted')
    expect(await judge({ iss: 'https://two.example', org: 'two' })).toBe('signature')
  })

  test('an issuer of a function does not use the key of another tenant whose "tid" the token has beside our issuer', async () => {
    const tenantsOfOrg: Record<string, string> = { ours, unlisted }
    const issuer = ({ org }: Options) => `https://idp.example/${tenantsOfOrg[String(org)]}`
    const { judge } = setUp({ issuer }, { keys: keysOf(`https://idp.example/${unlisted}`) })
    const attack = { iss: `https://idp.example/${ours}`, org: 'ours' }
    for (const tid of [unlisted, undefined, [unlisted], ours])
      expect(await judge({ ...attack, tid }, consumer)).toBe('signature')
    const own = { iss: `https://idp.example/${unlisted}`, org: 'unlisted' }
    for (const tid of [unlisted, undefined]) expect(await judge({ ...own, tid }, consumer)).toBe('accepted')
  })

  test('an issuer of a function does not use the key of a tenant that its path contains beside another one', async () => {
    const issuer = () => `https://idp.example/${ours}`
    const { judge } = setUp({ issuer }, { keys: keysOf(`https://idp.example/${unlisted}/${ours}`) })
    expect(await judge({ iss: issuer(), tid: ours }, consumer)).toBe('signature')
  })

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no database')
      },
    ],
    ['returns true', () => true],
    ['returns a list', () => ['https://one.example']],
    ['is async', async () => 'https://one.example'],
  ])('verification is unavailable if the issuer function %s', async (_name, issuer) => {
    const { judge, listen } = setUp({ issuer })
    await expect(judge({ iss: 'https://one.example' })).rejects.toMatchObject({ status: 503 })
    expect(listen.last()).toMatchObject({ type: 'source.unavailable', source: 'issuer' })
  })

  test('A-17 an issuer function is not called for tokens of other issuers that are invalid anyway', async () => {
    const issuer = vi.fn(() => {
      throw new Error('no organization')
    })
    const { judge } = setUp({ issuer })
    expect(await judge({ aud: 'https://other.example' })).toBe('audience')
    expect(await judge({ exp: 1 })).toBe('expired')
    expect(issuer).not.toHaveBeenCalled()
  })
})

test('A-17 A-47 an expired token of an issuer function is not reported as ended to MultiAuth', async () => {
  const { verifier, clock } = setUp({ issuer: () => 'https://one.example' })
  const down = { requiredScopes: [], verifyToken: () => Promise.reject(new Error('no connection')) }
  const both = new MultiAuth({ verifiers: [verifier, down], onEvent: false })
  const expired = { iss: 'https://other.example', exp: clock() - 120 }
  const token = await signToken(unbound, clock(), { claims: expired })
  await expect(both.verifyToken(token, { resource })).rejects.toMatchObject({ status: 503 })
})

test('A-17 A-47 an expired token of a tenant is reported as ended to MultiAuth', async () => {
  const { verifier, clock } = setUp({ issuer: v2, tenants: [ours] })
  const down = { requiredScopes: [], verifyToken: () => Promise.reject(new Error('no connection')) }
  const both = new MultiAuth({ verifiers: [verifier, down], onEvent: false })
  const sign = (tenant: string) =>
    signToken(common, clock(), { claims: { iss: of(v2, tenant), tid: tenant, exp: clock() - 120 } })
  expect(await both.verifyToken(await sign(ours), { resource })).toBeNull()
  await expect(both.verifyToken(await sign(unlisted), { resource })).rejects.toMatchObject({ status: 503 })
})

test.each<[string, Options]>([
  ['tenants', { issuer: v2 }],
  ['tenants', { issuer: v2, tenants: [] }],
  ['tenants', { issuer: v2, tenants: 'all' }],
  ['tenants', { issuer: v2, tenants: ['contoso.com'] }],
  ['tenants', { issuer: of(v2, ours), tenants: [ours] }],
  ['tenants', { issuer: () => undefined, tenants: 'any' }],
  ['issuer', { issuer: [v2, of(v2, ours)], tenants: [ours] }],
  ['issuer', { issuer: 'https://login.example.com/{tenant}', tenants: [ours] }],
  ['issuer', { issuer: `${v2}/{tenantid}`, tenants: [ours] }],
  ['issuer', { issuer: 7 }],
  ['jwksUri', { issuer: v2, tenants: [ours], jwksUri: undefined }],
  ['jwksUri', { issuer: () => undefined, jwksUri: undefined }],
])('A-11 JWTVerifier names "%s" in %o', (option, options) => {
  expect(() => setUp(options)).toThrow(
    expect.objectContaining({ name: 'TypeError', message: expect.stringContaining(`"${option}"`) }),
  )
})

test('A-47 MultiAuth tells the tenants of one issuer from another', async () => {
  const { verifier, clock } = setUp({ issuer: v2, tenants: [ours] })
  const other = new JWTVerifier({
    issuer: 'https://other.example',
    jwks: { keys: [unbound.publicJwk] },
    now: clock,
  })
  const both = new MultiAuth({ verifiers: [verifier, other] })
  const sign = (key: TestKey, claims: object) => signToken(key, clock(), { claims: { ...claims } })
  expect(
    await both.verifyToken(await sign(common, { iss: of(v2, ours), tid: ours }), { resource }),
  ).not.toBeNull()
  expect(
    await both.verifyToken(await sign(unbound, { iss: 'https://other.example' }), { resource }),
  ).not.toBeNull()
  expect(
    await both.verifyToken(await sign(unbound, { iss: of(v2, unlisted), tid: unlisted }), { resource }),
  ).toBeNull()
})
