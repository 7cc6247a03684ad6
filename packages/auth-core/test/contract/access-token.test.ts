import { format, inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { AccessToken, type AccessTokenFields } from '../../src/contract/access-token.js'
import { checkedVerdict } from '../../src/contract/checked-verdict.js'
import { accessTokenOf } from '../../src/mcp/auth-info.js'
import { fromJavaScript } from '../harness/from-javascript.js'

test('A-33 every known member is an own member, because the SDKs spread it', () => {
  const token = new AccessToken({
    token: 'raw',
    clientId: 'client-1',
    scopes: ['a'],
    expiresAt: 1,
    resource: 'https://rs.example/mcp',
    issuer: 'https://login.example',
    subject: 'alice',
    claims: { tenant: 1 },
  })
  expect({ ...token }).toEqual({
    token: 'raw',
    clientId: 'client-1',
    scopes: ['a'],
    expiresAt: 1,
    resource: new URL('https://rs.example/mcp'),
    issuer: 'https://login.example',
    subject: 'alice',
    claims: { tenant: 1 },
    extra: { issuer: 'https://login.example', subject: 'alice', claims: { tenant: 1 } },
  })
})

test('an unknown member is left out', () => {
  const fields = {
    expiresAt: undefined,
    resource: undefined,
    issuer: undefined,
    subject: undefined,
    claims: undefined,
  }
  const token = new AccessToken({ token: 'raw', clientId: 'client-1', scopes: [], ...fields })
  expect(Object.keys(token).sort()).toEqual(['claims', 'clientId', 'extra', 'scopes', 'token'])
  expect(token.extra).toEqual({ claims: {} })
})

test('an access token copies the list of scopes', () => {
  const scopes = ['a']
  const token = new AccessToken({ token: 'raw', clientId: 'client-1', scopes })
  token.scopes.push('b')
  expect(scopes).toEqual(['a'])
})

describe('the raw token', () => {
  const token = new AccessToken({ token: 'raw-token', clientId: 'client-1', scopes: ['a'], subject: 'alice' })

  test('O-06 is hidden when an object that contains it is printed', () => {
    for (const printed of [token, { auth: token }, [token], new Map([['auth', token]])]) {
      for (const options of [{}, { depth: 10, showHidden: true }, { depth: null }, { compact: false }]) {
        expect(inspect(printed, options)).not.toContain('raw-token')
      }
    }
    expect(inspect({ auth: token })).toContain("token: '[hidden]'")
    expect(inspect(token)).toContain("subject: 'alice'")
    expect(format('%o %O', token, token)).not.toContain('raw-token')
  })

  test('A-33 is in the copy that an SDK makes', () => {
    expect({ ...token }).toMatchObject({ token: 'raw-token' })
    // A copy is an object of the SDK: it has nothing of the class, and prints what it has.
    expect(Reflect.ownKeys({ ...token })).not.toContainEqual(expect.any(Symbol))
    expect(Reflect.ownKeys(token)).toEqual(Object.keys(token))
  })
})

describe('checkedVerdict', () => {
  const now = Math.floor(Date.now() / 1000)
  const granted = (expiresAt: unknown) => fromJavaScript<AccessToken>({ scopes: [], expiresAt })

  test.each([undefined, now, now + 3600, now + 0.5, 0, -1, 253_402_300_799])(
    'accepts the expiry %s',
    (expiresAt) => {
      expect(checkedVerdict(granted(expiresAt))).toMatchObject({ scopes: [] })
    },
  )

  test.each([now * 1000, Date.now() + 60_000, 1e12, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY])(
    'A-12 refuses an expiry in milliseconds: %s',
    (expiresAt) => {
      expect(() => checkedVerdict(granted(expiresAt))).toThrow(
        new TypeError(
          'verifyToken: "expiresAt" must be in seconds since the epoch, but is in milliseconds. Divide it by 1000.',
        ),
      )
    },
  )

  test.each([Number.NaN, 'tomorrow', `${now}`, null, new Date(), true])(
    'A-12 refuses an expiry that is not a number: %s',
    (expiresAt) => {
      expect(() => checkedVerdict(granted(expiresAt))).toThrow(
        new TypeError(
          'verifyToken: "expiresAt" must be a number of seconds since the epoch. Leave it out if the token does not expire.',
        ),
      )
    },
  )
})

describe('accessTokenOf', () => {
  const token = new AccessToken({ token: 'raw', clientId: 'client-1', scopes: ['a'], claims: { tenant: 1 } })

  test('A-33 returns the token of the gate itself', () => {
    expect(accessTokenOf(token)).toBe(token)
  })

  test('A-33 returns the copy that an SDK made', () => {
    const copy = { ...token, resourceMetadataUrl: 'https://rs.example/metadata' }
    expect(accessTokenOf(copy)?.claims).toEqual({ tenant: 1 })
  })

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['no object', 'raw'],
    ['what another gate made', { token: 'raw', clientId: 'client-1', scopes: [], extra: {} }],
    ['claims that something else put there', { ...token, claims: { tenant: 1 } }],
    ['an object without a token', { ...token, token: undefined }],
    ['an object without a client', { ...token, clientId: undefined }],
    ['an object without scopes', { ...token, scopes: undefined }],
  ])('returns undefined for %s', (_name, authInfo) => {
    expect(accessTokenOf(authInfo)).toBeUndefined()
  })
})

describe('a misspelled member', () => {
  const complete = {
    token: 't',
    clientId: 'client-1',
    scopes: ['a'],
    expiresAt: 1,
    resource: 'https://rs.example/mcp',
    issuer: 'https://as.example',
    subject: 'alice',
    claims: {},
  }

  test.each([
    ['client_id', 'clientId'],
    ['expires_at', 'expiresAt'],
    ['expiresat', 'expiresAt'],
    ['subjct', 'subject'],
    ['isuer', 'issuer'],
    ['claim', 'claims'],
    ['resources', 'resource'],
  ])('A-80 %s in place of %s throws a TypeError', (written, meant) => {
    const { [meant as 'expiresAt']: value, ...others } = complete
    const fields = fromJavaScript<AccessTokenFields>({ ...others, [written]: value })
    expect(() => new AccessToken(fields)).toThrow(
      new TypeError(`AccessToken: "${written}" is not an option. Did you mean "${meant}"?`),
    )
  })

  test('does not throw in a copy of a token with other members', () => {
    const { subject: _subject, ...fields } = complete
    const copy = new AccessToken({ ...new AccessToken(fields), scopes: ['b'], resource: complete.resource })
    expect(copy).toMatchObject({ clientId: 'client-1', scopes: ['b'], expiresAt: 1 })
    expect(copy.subject).toBeUndefined()
  })
})
