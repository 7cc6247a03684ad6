import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { CompactSign, exportPKCS8, importPKCS8 } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { JWTVerifier } from '../../src/token-verification/jwt-verifier.js'
import type { JWTVerifierOptions } from '../../src/token-verification/jwt-verifier-options.js'
import { certificate, certificateKey, shortRsaCertificate } from '../harness/certificate.js'
import { recorder } from '../harness/events.js'
import { recalled } from '../harness/recalled.js'
import { testClock } from '../harness/test-clock.js'
import {
  goodClaims,
  issuer,
  newKey,
  rawToken,
  resource,
  signToken,
  type TestKey,
  type TokenParts,
} from '../harness/tokens.js'

let key: TestKey
let rsaKey: TestKey
let otherKey: TestKey

beforeAll(async () => {
  ;[key, rsaKey, otherKey] = await Promise.all([newKey(), newKey('RS256', 'rsa-1'), newKey('ES256', 'key-2')])
})

type Options = Readonly<Record<string, unknown>>

/** A verifier of the issuer, with the issuer's one key unless a test says otherwise. */
function setUp(options: Options = { jwks: { keys: [key.publicJwk] } }) {
  const clock = testClock()
  const listen = recorder()
  const verifier = new JWTVerifier({ issuer, now: clock, onEvent: listen, ...options } as JWTVerifierOptions)
  return {
    clock,
    listen,
    verifier,
    sign: (parts?: TokenParts, signer: TestKey = key) => signToken(signer, clock(), parts),
    verify: (token: string) => verifier.verifyToken(token, { resource }),
    /** Why the last token was refused. */
    reason: () => {
      const event = listen.last()
      return event?.type === 'token.rejected' ? event.reason : undefined
    },
  }
}

const anyJwt = () => ({ jwks: { keys: [key.publicJwk] }, typ: 'any-jwt' })

test('A-33 a valid token has client, user, scopes and expiry', async () => {
  const { clock, sign, verify } = setUp()
  const act = { sub: 'assistant' }
  const token = await sign({ claims: { act } })
  expect(await verify(token)).toEqual({
    token,
    clientId: 'client-1',
    issuer,
    subject: 'alice',
    scopes: ['notes:read', 'notes:write'],
    expiresAt: clock() + 3600,
    resource: new URL(resource),
    claims: { ...goodClaims(clock()), act },
    extra: { issuer, subject: 'alice', claims: { ...goodClaims(clock()), act } },
  })
})

test('A-55 a token names its own of several issuers, cached or not', async () => {
  const other = 'https://other.example.com'
  const { sign, verifier } = setUp({ issuer: [issuer, other], jwks: { keys: [key.publicJwk] } })
  for (const iss of [issuer, other]) {
    const token = await sign({ claims: { iss } })
    expect(await verifier.verifyToken(token, { resource })).toMatchObject({ issuer: iss })
    expect(recalled(verifier, token, { resource })).toMatchObject({ issuer: iss })
  }
})

test('A-12 a token with its expiry in milliseconds is refused, because it would never expire', async () => {
  const { clock, sign, verify, reason } = setUp()
  expect(await verify(await sign({ claims: { exp: (clock() + 3600) * 1000 } }))).toBeNull()
  expect(reason()).toBe('expiry_in_milliseconds')
})

describe('audience', () => {
  test.each([
    ['the resource', resource],
    ['a list with the resource in it', ['https://other.example.com', resource]],
    ['another spelling of host and port', 'HTTPS://API.example.com:443/mcp'],
  ])('A-10 the audience %s is accepted', async (_name, aud) => {
    const { sign, verify } = setUp()
    expect(await verify(await sign({ claims: { aud } }))).not.toBeNull()
  })

  test.each([
    ['another resource', 'https://other.example.com/mcp'],
    ['the origin alone', 'https://api.example.com'],
    ['a prefix', 'https://api.example.com/mc'],
    ['a longer path', 'https://api.example.com/mcp/admin'],
    ['with a trailing slash', 'https://api.example.com/mcp/'],
    ['another case of the path', 'https://api.example.com/MCP'],
    ['another scheme', 'http://api.example.com/mcp'],
    ['another port', 'https://api.example.com:8443/mcp'],
    ['a host that begins the same', 'https://api.example.com.evil.example/mcp'],
    ['an empty list', []],
    ['a list with a number', [resource, 1]],
    ['a number', 1],
    ['null', null],
  ])('A-08 A-10 the audience %s is refused', async (_name, aud) => {
    const { sign, verify, reason } = setUp()
    expect(await verify(await sign({ claims: { aud } }))).toBeNull()
    expect(reason()).toBe('audience')
  })

  test('A-09 a token without an audience is refused', async () => {
    const { sign, verify, reason } = setUp()
    expect(await verify(await sign({ claims: { aud: undefined } }))).toBeNull()
    expect(reason()).toBe('audience')
  })

  test('A-09 a verifier without resource and audience refuses every token', async () => {
    const { sign, verifier, reason } = setUp()
    expect(await verifier.verifyToken(await sign())).toBeNull()
    expect(reason()).toBe('audience')
  })

  test('A-08 a configured audience replaces the resource', async () => {
    const { sign, verify } = setUp({ jwks: { keys: [key.publicJwk] }, audience: ['api://notes', 'api://n'] })
    expect(await verify(await sign({ claims: { aud: 'api://notes' } }))).not.toBeNull()
    expect(await verify(await sign())).toBeNull()
  })

  test('one verifier serves several resources', async () => {
    const { sign, verifier } = setUp()
    const admin = 'https://api.example.com/admin'
    const token = await sign({ claims: { aud: admin } })
    expect(await verifier.verifyToken(token, { resource: admin })).not.toBeNull()
    expect(await verifier.verifyToken(token, { resource })).toBeNull()
    expect(recalled(verifier, token, { resource })).toBeUndefined()
  })
})

describe('issuer', () => {
  test.each([
    ['with a trailing slash', `${issuer}/`],
    ['in another case', 'https://LOGIN.example.com'],
    ['of another server', 'https://evil.example'],
    ['that is longer', `${issuer}.evil.example`],
    ['in a list', [issuer]],
    ['missing', undefined],
  ])('A-11 a token with the issuer %s is refused', async (_name, iss) => {
    const { sign, verify, reason } = setUp()
    expect(await verify(await sign({ claims: { iss } }))).toBeNull()
    expect(reason()).toBe('issuer')
  })

  test('A-11 a key in the token is not used, and causes no fetch', async () => {
    const fetched: string[] = []
    const { sign, verify, reason } = setUp({
      jwks: { keys: [key.publicJwk] },
      fetch: (url: string) => {
        fetched.push(url)
        return Promise.reject(new Error('nothing is fetched'))
      },
    })
    const header = {
      jwk: otherKey.publicJwk,
      jku: 'https://evil.example/jwks',
      x5u: 'https://evil.example/x5u',
    }
    expect(await verify(await sign({ header: { ...header, kid: key.kid } }, otherKey))).toBeNull()
    expect(reason()).toBe('signature')
    expect(fetched).toEqual([])
  })

  test('O-05 several issuers may share a set of keys', async () => {
    const { listen, sign, verify } = setUp({
      jwks: { keys: [key.publicJwk] },
      issuer: [issuer, 'https://b.example'],
    })
    expect(await verify(await sign({ claims: { iss: 'https://b.example' } }))).not.toBeNull()
    expect(await verify(await sign({ claims: { iss: 'https://c.example' } }))).toBeNull()
    // The event names the verifier, and contains nothing of the token.
    const accepted = [issuer, 'https://b.example']
    const rejection = { type: 'token.rejected', reason: 'issuer', issuer: accepted.join(' ') }
    expect(listen.last()).toEqual({ ...rejection, expected: { issuer: accepted } })
  })
})

describe('time', () => {
  test.each([
    ['exp two minutes ago', { exp: -120 }, 'expired'],
    ['exp at the end of the tolerance', { exp: -30 }, 'expired'],
    ['nbf in five minutes', { nbf: 300 }, 'not_yet_valid'],
    ['iat in five minutes', { iat: 300 }, 'issued_in_the_future'],
  ])('A-12 A-13 %s is refused', async (_name, offsets, expected) => {
    const { clock, sign, verify, reason } = setUp()
    const claims = Object.fromEntries(Object.entries(offsets).map(([name, by]) => [name, clock() + by]))
    expect(await verify(await sign({ claims }))).toBeNull()
    expect(reason()).toBe(expected)
  })

  test.each([
    ['exp as text', { exp: '9999999999' }, 'expired'],
    ['exp as null', { exp: null }, 'expired'],
    ['no exp', { exp: undefined }, 'expired'],
    ['nbf as text', { nbf: '1' }, 'not_yet_valid'],
    ['iat as text', { iat: '1' }, 'issued_in_the_future'],
  ])('A-12 A-13 %s is refused', async (_name, claims, expected) => {
    const { clock, verify, reason } = setUp()
    expect(await verify(await signRaw({ ...goodClaims(clock()), ...claims }))).toBeNull()
    expect(reason()).toBe(expected)
  })

  test.each(['exp', 'nbf', 'iat'])('A-12 A-13 an infinite %s is refused', async (name) => {
    const { clock, verify } = setUp()
    const text = JSON.stringify(goodClaims(clock()))
    const endless = text.replace(/}$/, `,"${name}":1e999}`)
    expect(JSON.parse(endless)[name]).toBe(Number.POSITIVE_INFINITY)
    expect(await verify(await signText(endless))).toBeNull()
    expect(await verify(await signText(text))).not.toBeNull()
  })

  test('A-12 A-13 clocks may differ by 30 seconds', async () => {
    const { clock, sign, verify } = setUp()
    const now = clock()
    expect(await verify(await sign({ claims: { exp: now - 29 } }))).not.toBeNull()
    expect(await verify(await sign({ claims: { nbf: now + 30, iat: now + 30 } }))).not.toBeNull()
  })

  test('A-12 clockTolerance may be 0', async () => {
    const { clock, sign, verify } = setUp({ jwks: { keys: [key.publicJwk] }, clockTolerance: 0 })
    expect(await verify(await sign({ claims: { exp: clock() } }))).toBeNull()
    expect(await verify(await sign({ claims: { exp: clock() + 1 } }))).not.toBeNull()
  })

  test.each([Number.NaN, undefined, 'soon', Promise.resolve(1_800_000_000)])(
    'A-12 no token is valid by a clock that returns %o',
    async (time) => {
      const { sign, verify, reason } = setUp({ jwks: { keys: [key.publicJwk] }, now: () => time })
      expect(await verify(await sign())).toBeNull()
      expect(reason()).toBe('expired')
    },
  )

  test('A-12 N-12 a token expires by the injected clock, including a cached one', async () => {
    const { clock, sign, verify, verifier } = setUp()
    const token = await sign()
    expect(await verify(token)).not.toBeNull()
    expect(recalled(verifier, token, { resource })).not.toBeUndefined()
    clock.advance(3600 + 31)
    expect(recalled(verifier, token, { resource })).toBeUndefined()
    expect(await verify(token)).toBeNull()
  })
})

describe('signature', () => {
  test('A-07 a token that was changed after it was signed is refused', async () => {
    const { clock, sign, verify, reason } = setUp()
    const [header, , signature] = (await sign()).split('.')
    const changed = Buffer.from(JSON.stringify({ ...goodClaims(clock()), sub: 'mallory' })).toString(
      'base64url',
    )
    expect(await verify(`${header}.${changed}.${signature}`)).toBeNull()
    expect(reason()).toBe('signature')
  })

  test.each([
    ['none', 'none', ''],
    ['none in another case', 'NONE', ''],
    ['none with a signature', 'none', 'c2lnbmF0dXJl'],
    ['an algorithm that is not known', 'ES256K', 'c2lnbmF0dXJl'],
  ])('A-14 the algorithm %s is refused', async (_name, alg, signature) => {
    const { clock, verify, reason } = setUp()
    expect(await verify(rawToken({ alg, typ: 'at+jwt' }, goodClaims(clock()), signature))).toBeNull()
    expect(reason()).toBe('algorithm')
  })

  test('A-14 a token that is signed with HS256 and the public key is refused, however the key is configured', async () => {
    const secret = { alg: 'HS256', kid: rsaKey.kid, privateKey: new TextEncoder().encode(rsaKey.publicPem) }
    for (const keys of [
      { publicKey: rsaKey.publicPem },
      { publicKey: rsaKey.publicJwk },
      { jwks: { keys: [rsaKey.publicJwk] } },
    ]) {
      const { clock, verify, reason } = setUp(keys)
      expect(await verify(await signToken(secret, clock()))).toBeNull()
      expect(reason()).toBe('algorithm')
    }
  })

  test('A-14 only the configured algorithms are accepted', async () => {
    const { sign, verify, reason } = setUp({
      jwks: { keys: [key.publicJwk, rsaKey.publicJwk] },
      algorithms: ['RS256'],
    })
    expect(await verify(await sign({}, rsaKey))).not.toBeNull()
    expect(await verify(await sign({}, key))).toBeNull()
    expect(reason()).toBe('algorithm')
  })

  test.each([
    ['alg', { alg: 'RS256' }],
    ['use', { alg: undefined, use: 'enc' }],
    ['key_ops', { alg: undefined, use: undefined, key_ops: ['sign'] }],
    ['kty', { alg: undefined, kty: 'EC' }],
  ])('A-15 a key whose %s does not fit the algorithm of the token is not used', async (_name, members) => {
    const fitting = { ...rsaKey.publicJwk, alg: 'PS256' }
    const { alg, ...rest } = { ...rsaKey.publicJwk, ...members }
    const misfit = alg === undefined ? rest : { alg, ...rest }
    const ps256 = { ...rsaKey, alg: 'PS256', privateKey: await asPs256(rsaKey) }

    const good = setUp({ jwks: { keys: [fitting] } })
    expect(await good.verify(await good.sign({}, ps256))).not.toBeNull()
    const bad = setUp({ jwks: { keys: [misfit as typeof fitting] } })
    expect(await bad.verify(await bad.sign({}, ps256))).toBeNull()
    expect(bad.reason()).toBe('signature')
  })

  test('A-15 a JWK that is configured for one algorithm does not verify another', async () => {
    const ps256 = { ...rsaKey, alg: 'PS256', privateKey: await asPs256(rsaKey) }
    const { sign, verify } = setUp({ publicKey: rsaKey.publicJwk })
    expect(await verify(await sign({}, rsaKey))).not.toBeNull()
    expect(await verify(await sign({}, ps256))).toBeNull()
  })

  test('A-16 a token without a key ID is verified with the keys that fit its algorithm', async () => {
    const { sign, verify } = setUp({
      jwks: { keys: [rsaKey.publicJwk, otherKey.publicJwk, key.publicJwk] },
    })
    expect(await verify(await sign({ header: { kid: undefined } }))).not.toBeNull()
    const unlisted = await newKey()
    expect(await verify(await sign({ header: { kid: undefined } }, unlisted))).toBeNull()
  })

  test('A-16 a token with a key ID that is not in the document is refused', async () => {
    const { sign, verify } = setUp()
    expect(await verify(await sign({ header: { kid: 'another' } }))).toBeNull()
  })

  test('M-16 keys that cannot be used are skipped, shared secrets among them', async () => {
    const { sign, verify } = setUp({
      jwks: {
        keys: [
          { kty: 'EC', crv: 'P-256', x: 'short', y: 'short', alg: 'ES256' },
          { kty: 'unheard-of', alg: 'ES256' },
          { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' },
          key.publicJwk,
        ],
      },
    })
    expect(await verify(await sign())).not.toBeNull()
    expect(await verify(await sign({ header: { kid: undefined } }))).not.toBeNull()
  })
})

describe('tokens that are bound to a key', () => {
  test.each<[string, object]>([
    ['DPoP', { cnf: { jkt: 'thumbprint' } }],
    ['a client certificate', { cnf: { 'x5t#S256': 'thumbprint' } }],
    ['a key by its ID', { cnf: { kid: 'key-1' } }],
    ['an unknown method', { cnf: { 'urn:example:proof': 1 } }],
    ['an empty confirmation', { cnf: {} }],
    ['a malformed confirmation', { cnf: 'thumbprint' }],
    ['DPoP by token_type only', { token_type: 'DPoP' }],
  ])('J-11 a token that is bound to %s is refused', async (_name, bound) => {
    const { sign, verify, verifier, reason } = setUp()
    const token = await sign({ claims: { ...bound } })
    expect(await verify(token)).toBeNull()
    expect(reason()).toBe('bound_to_key')
    expect(recalled(verifier, token, { resource })).toBeUndefined()
    expect(await verify(await sign())).not.toBeNull()
  })

  test.each<[string, object]>([
    ['the confirmation null', { cnf: null }],
    ['the token_type Bearer', { token_type: 'Bearer' }],
    ['a malformed token_type', { token_type: { toString: 1 } }],
  ])('J-11 a token with %s is not bound', async (_name, claims) => {
    const { sign, verify } = setUp()
    expect(await verify(await sign({ claims: { ...claims } }))).not.toBeNull()
  })

  test('J-11 A-17 a bound token is refused without a fetch of keys', async () => {
    const { sign, verify, reason } = setUp({ fetch: () => Promise.reject(new Error('nothing is fetched')) })
    expect(await verify(await sign({ claims: { cnf: { jkt: 'thumbprint' } } }))).toBeNull()
    expect(reason()).toBe('bound_to_key')
  })

  test('J-11 dangerouslyAcceptBoundTokensAsBearer accepts a bound token', async () => {
    const dangerously = { jwks: { keys: [key.publicJwk] }, dangerouslyAcceptBoundTokensAsBearer: true }
    const { sign, verify, reason } = setUp(dangerously)
    const cnf = { jkt: 'thumbprint' }
    expect((await verify(await sign({ claims: { cnf } })))?.claims).toMatchObject({ cnf })
    expect(await verify(await sign({ claims: { cnf, aud: 'https://other.example' } }))).toBeNull()
    expect(reason()).toBe('audience')
  })
})

describe('kinds of token', () => {
  test.each(['at+jwt', 'AT+JWT', 'application/at+jwt'])('A-21 typ %s is an access token', async (typ) => {
    const { sign, verify } = setUp()
    expect(await verify(await sign({ header: { typ } }))).not.toBeNull()
  })

  test.each(['JWT', '', 'application/jwt', 'at+jwt2', undefined])(
    'A-21 typ %s is not an access token',
    async (typ) => {
      const { sign, verify, reason } = setUp()
      expect(await verify(await sign({ header: { typ } }))).toBeNull()
      expect(reason()).toBe('type')
    },
  )

  test.each(['JWT', 'application/jwt', 'at+jwt', undefined])('A-21 any-jwt accepts typ %s', async (typ) => {
    const { sign, verify } = setUp(anyJwt())
    expect(await verify(await sign({ header: { typ } }))).not.toBeNull()
  })

  test.each([
    'oauth-id-jag+jwt',
    'dpop+jwt',
    'logout+jwt',
    'secevent+jwt',
    'token-introspection+jwt',
    'client-authentication+jwt',
    'kind-of-next-year+jwt',
  ])('A-27 any-jwt refuses typ %s', async (typ) => {
    const { sign, verify, reason } = setUp(anyJwt())
    expect(await verify(await sign({ header: { typ } }))).toBeNull()
    expect(reason()).toBe('type')
  })

  test.each([
    ['a nonce', { nonce: 'n' }],
    ['an at_hash', { at_hash: 'h' }],
    ['a c_hash', { c_hash: 'h' }],
    ['the client as its audience', { client_id: resource, scope: undefined }],
    [
      'the authorized party as its only audience',
      { client_id: undefined, azp: resource, aud: [resource], scope: undefined },
    ],
    ['its use', { token_use: 'id' }],
    ['its type', { typ: 'ID' }],
  ])('A-27 any-jwt refuses an ID token, known by %s', async (_name, claims) => {
    const { sign, verify, reason } = setUp(anyJwt())
    expect(await verify(await sign({ claims, header: { typ: 'JWT' } }))).toBeNull()
    expect(reason()).toBe('id_token')
  })

  test.each([
    ['a refresh token', { typ: 'Refresh' }],
    ['a refresh token', { token_type: 'refresh' }],
    ['a refresh token', { token_use: 'refresh_token', typ: 'Bearer' }],
    ['a token for offline access', { typ: 'Offline' }],
    ['a logout token', { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }],
  ])('A-27 any-jwt refuses %s, known by %o', async (_name, claims) => {
    const { sign, verify, reason } = setUp(anyJwt())
    for (const header of [{ typ: 'JWT' }, { typ: undefined }]) {
      expect(await verify(await sign({ claims, header }))).toBeNull()
      expect(reason()).toBe('type')
    }
  })

  test.each([{ token_use: 'access' }, { typ: 'Bearer' }, { token_type: 'access', typ: 'at' }])(
    'A-27 any-jwt accepts a token that names itself an access token: %o',
    async (claims) => {
      const { sign, verify } = setUp(anyJwt())
      expect(await verify(await sign({ claims, header: { typ: 'JWT' } }))).not.toBeNull()
    },
  )

  test.each([
    ['the resource alone', { aud: [resource] }],
    ['the resource and the client', { aud: [resource, 'client-1'] }],
  ])('A-21 any-jwt accepts a token whose list of audiences is %s', async (_name, claims) => {
    const { sign, verify } = setUp(anyJwt())
    expect(await verify(await sign({ claims, header: { typ: 'JWT' } }))).not.toBeNull()
  })

  test.each([
    ['crit with a name that nobody knows', { crit: ['exp'], exp: 1 }, 'critical_header'],
    ['an empty crit', { crit: [] }, 'critical_header'],
    ['crit that is no list', { crit: 'x' }, 'critical_header'],
    ['b64', { b64: true }, 'unencoded_payload'],
  ])('A-19 %s is refused', async (_name, header, expected) => {
    const { clock, verify, reason } = setUp()
    const token = rawToken({ alg: 'ES256', typ: 'at+jwt', ...header }, goodClaims(clock()), 'c2lnbmF0dXJl')
    expect(await verify(token)).toBeNull()
    expect(reason()).toBe(expected)
  })

  test.each([
    ['an encrypted one', 'eyJhbGciOiJkaXIifQ.a.b.c.d'],
    ['two parts', 'eyJhbGciOiJFUzI1NiJ9.e30'],
    ['parts that are no JSON', 'abc.def.ghi'],
    ['claims that are no object', `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.W10.c2ln`],
    ['no algorithm', rawToken({ typ: 'at+jwt' }, {}, 'c2ln')],
    ['nothing', ''],
  ])('A-20 what is not a signed token is refused before keys are fetched: %s', async (_name, token) => {
    const { verify, reason } = setUp()
    expect(await verify(token)).toBeNull()
    expect(reason()).toBe('not_a_jwt')
  })

  test('A-20 a token of a megabyte is refused', async () => {
    const { clock, verify } = setUp()
    const long = rawToken(
      { alg: 'ES256', typ: 'at+jwt', pad: 'x'.repeat(2 ** 20) },
      goodClaims(clock()),
      'c2ln',
    )
    expect(await verify(long)).toBeNull()
  })
})

describe('scopes and client', () => {
  test.each([
    ['a string', { scope: 'a b' }, ['a', 'b']],
    ['a string with more spaces', { scope: ' a  b ' }, ['a', 'b']],
    ['an empty string', { scope: '' }, []],
    ['a list', { scope: ['a', 'b'] }, ['a', 'b']],
    ['scp as a list', { scope: undefined, scp: ['a', 'b'] }, ['a', 'b']],
    ['scp as a string', { scope: undefined, scp: 'a b' }, ['a', 'b']],
    ['scope and scp', { scope: 'a', scp: 'b' }, ['a']],
    ['neither', { scope: undefined }, []],
    ['another separator', { scope: 'a,b' }, ['a,b']],
    ['several cases', { scope: 'Read read' }, ['Read', 'read']],
  ])('A-26 scopes from %s', async (_name, claims, scopes) => {
    const { sign, verify } = setUp()
    expect((await verify(await sign({ claims })))?.scopes).toEqual(scopes)
  })

  test.each([
    ['a number', { scope: 1 }],
    ['an object', { scope: {} }],
    ['a list with a number', { scope: ['a', 1] }],
  ])('A-26 a scope that is %s makes the token invalid', async (_name, claims) => {
    const { sign, verify, reason } = setUp()
    expect(await verify(await sign({ claims }))).toBeNull()
    expect(reason()).toBe('scope')
  })

  test.each([
    ['client_id', { client_id: 'a', azp: 'b' }, 'a'],
    ['azp', { client_id: undefined, azp: 'b' }, 'b'],
    ['nothing, and never from sub', { client_id: undefined }, 'unknown'],
    ['nothing', { client_id: undefined, sub: undefined }, 'unknown'],
    ['something that is no string', { client_id: 7 }, 'unknown'],
  ])('A-33 the client is read from %s', async (_name, claims, clientId) => {
    const { sign, verify } = setUp()
    expect((await verify(await sign({ claims })))?.clientId).toBe(clientId)
  })

  test('a subject that is not a string is refused', async () => {
    const { clock, verify, reason } = setUp()
    expect(await verify(await signRaw({ ...goodClaims(clock()), sub: 7 }))).toBeNull()
    expect(reason()).toBe('subject')
  })

  test('requiredScopes are left to the gate: a token without them is valid', async () => {
    const { sign, verify, verifier } = setUp({ jwks: { keys: [key.publicJwk] }, requiredScopes: ['admin'] })
    expect(verifier.requiredScopes).toEqual(['admin'])
    expect(await verify(await sign())).not.toBeNull()
  })
})

describe('A-22 the profile of RFC 9068', () => {
  const strict = () => ({ jwks: { keys: [key.publicJwk] }, profile: 'rfc9068' })

  test('A-22 a token with every claim is valid', async () => {
    const { sign, verify } = setUp(strict())
    expect(await verify(await sign())).not.toBeNull()
  })

  test.each([
    ['no sub', { sub: undefined }],
    ['no client_id', { client_id: undefined, azp: 'client-1' }],
    ['a client_id that is empty', { client_id: '' }],
    ['no iat', { iat: undefined }],
    ['no jti', { jti: undefined }],
    ['a jti that is null', { jti: null }],
  ])('A-22 a token with %s is refused, and valid without the profile', async (_name, claims) => {
    const { sign, verify, reason } = setUp(strict())
    const token = await sign({ claims })
    expect(await verify(token)).toBeNull()
    expect(reason()).toBe('missing_claim')
    expect(await setUp().verify(token)).not.toBeNull()
  })

  test.each([
    ['iss', 'issuer'],
    ['aud', 'audience'],
    ['exp', 'expired'],
  ])('A-22 a token without %s is refused', async (claim, expected) => {
    const { sign, verify, reason } = setUp(strict())
    expect(await verify(await sign({ claims: { [claim]: undefined } }))).toBeNull()
    expect(reason()).toBe(expected)
  })
})

describe('a verified token', () => {
  test('a verified token is cached for the same resource', async () => {
    const { sign, verify, verifier } = setUp()
    const token = await sign()
    expect(recalled(verifier, token, { resource })).toBeUndefined()
    const first = await verify(token)
    expect(recalled(verifier, token, { resource })).toEqual(first)
    expect(recalled(verifier, `${token}x`, { resource })).toBeUndefined()
    expect(recalled(verifier, token, { resource: `${resource}/admin` })).toBeUndefined()
  })

  test('a verified token is cached for less than ten minutes', async () => {
    const { clock, sign, verify, verifier } = setUp()
    const token = await sign()
    await verify(token)
    clock.advance(599)
    expect(recalled(verifier, token, { resource })).toBeDefined()
    clock.advance(1)
    expect(recalled(verifier, token, { resource })).toBeUndefined()
  })

  test('a verified token is cached for the resource of its verifier', async () => {
    const { sign, verifier } = setUp({ jwks: { keys: [key.publicJwk] }, baseUrl: 'https://api.example.com' })
    verifier.setMcpPath('/mcp')
    const token = await sign()
    expect(await verifier.verifyToken(token)).not.toBeNull()
    expect(recalled(verifier, token)).toEqual(recalled(verifier, token, { resource }))
    expect(recalled(verifier, token)).toBeDefined()
  })

  test('a cached token is not changed by a handler that modifies its AccessToken', async () => {
    const { sign, verify, verifier } = setUp()
    const token = await sign()
    await verify(token)
    const first = recalled(verifier, token, { resource })
    first?.scopes.push('admin')
    if (first?.resource !== undefined) first.resource.pathname = '/elsewhere'
    expect(() => Object.assign(first?.claims ?? {}, { sub: 'mallory' })).toThrow(TypeError)
    expect(recalled(verifier, token, { resource })).toMatchObject({
      subject: 'alice',
      scopes: ['notes:read', 'notes:write'],
      resource: new URL(resource),
      claims: { sub: 'alice' },
    })
  })

  test('a refused token is not cached', async () => {
    const { sign, verify, verifier } = setUp()
    const token = await sign({ claims: { aud: 'https://other.example.com' } })
    expect(await verify(token)).toBeNull()
    expect(recalled(verifier, token, { resource })).toBeUndefined()
  })
})

describe('static keys', () => {
  test.each(['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'])(
    'a %s key verifies as PEM and as JWK, with and without its algorithm',
    async (alg) => {
      const signer = await newKey(alg)
      const unlisted = await newKey(alg)
      const { alg: _, ...silent } = signer.publicJwk
      for (const publicKey of [signer.publicPem, signer.publicJwk, silent]) {
        const { sign, verify } = setUp({ publicKey })
        expect(await verify(await sign({}, signer))).not.toBeNull()
        expect(await verify(await sign({}, unlisted))).toBeNull()
        expect(await verify(await sign({}, alg === 'ES256' ? rsaKey : key))).toBeNull()
      }
    },
  )

  test('a PEM key may be surrounded by whitespace', async () => {
    const { sign, verify } = setUp({ publicKey: `\n${key.publicPem}\n` })
    expect(await verify(await sign())).not.toBeNull()
  })

  test('a certificate verifies tokens of its key', async () => {
    const privateKey = await importPKCS8(certificateKey, 'ES256')
    const { clock, sign, verify } = setUp({ publicKey: certificate })
    expect(await verify(await signToken({ ...key, privateKey }, clock()))).not.toBeNull()
    expect(await verify(await sign())).toBeNull()
  })
})

describe('shared secret', () => {
  const secret = 'a secret that is thirty-two bytes long, or longer'
  const privateKey = new TextEncoder().encode(secret)

  test.each([
    ['text', secret],
    ['bytes', privateKey],
  ])('a shared secret as %s verifies only HS256', async (_name, configured) => {
    const { clock, sign, verify, reason } = setUp({ secret: configured })
    expect(await verify(await signToken({ alg: 'HS256', kid: 'k', privateKey }, clock()))).not.toBeNull()
    const wrong = new TextEncoder().encode('another secret that is long enough to be one')
    expect(await verify(await signToken({ alg: 'HS256', kid: 'k', privateKey: wrong }, clock()))).toBeNull()
    expect(await verify(await signToken({ alg: 'HS384', kid: 'k', privateKey }, clock()))).toBeNull()
    expect(reason()).toBe('algorithm')
    expect(await verify(await sign())).toBeNull()
    expect(reason()).toBe('algorithm')
  })

  test('A-14 a public key or a certificate is refused as a secret', () => {
    for (const pem of [rsaKey.publicPem, certificate]) {
      expect(() => new JWTVerifier({ issuer, secret: pem })).toThrow(TypeError)
      expect(() => new JWTVerifier({ issuer, secret: new TextEncoder().encode(pem) })).toThrow(/"secret"/)
    }
  })

  test('O-06 a printed verifier does not contain the secret', () => {
    const { verifier } = setUp({ secret })
    expect(inspect(verifier, { depth: 10, showHidden: true })).not.toContain(secret)
    expect(JSON.stringify(verifier)).not.toContain(secret)
  })

  test('O-06 a short secret is refused', () => {
    expect(() => new JWTVerifier({ issuer, secret: '8 bytes!' })).toThrow(
      /"secret" must have at least 32 bytes/,
    )
    expect(() => new JWTVerifier({ issuer, secret: new Uint8Array(31) })).toThrow(TypeError)
    expect(() => new JWTVerifier({ issuer, secret: new Uint8Array(32) })).not.toThrow()
  })
})

/** A key that is too short to be safe. */
function shortRsaKey() {
  return generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })
}

describe('invalid options', () => {
  const valid = { issuer, jwksUri: 'https://login.example.com/jwks' }

  test.each<[string, Record<string, unknown>]>([
    ['issuer', { issuer: '' }],
    ['issuer', { issuer: [] }],
    ['issuer', { issuer: [issuer, 7] }],
    ['issuer', { issuer: undefined }],
    ['issuer', { jwksUri: undefined, issuer: 'not a URL' }],
    ['issuer', { jwksUri: undefined, issuer: 'http://login.example.com' }],
    ['issuer', { jwksUri: undefined, issuer: ['https://a.example', 'https://b.example'] }],
    ['audience', { audience: '' }],
    ['audience', { audience: [] }],
    ['algorithms', { algorithms: [] }],
    ['algorithms', { algorithms: ['HS256'] }],
    ['algorithms', { algorithms: ['none'] }],
    ['algorithms', { jwksUri: undefined, secret: 'x'.repeat(32), algorithms: ['RS256'] }],
    ['typ', { typ: 'JWT' }],
    ['typ', { typ: 'any-jwt', profile: 'rfc9068' }],
    ['profile', { profile: 'rfc7519' }],
    ['claims', { claims: {} }],
    ['claims', { claims: null }],
    ['clockTolerance', { clockTolerance: -1 }],
    ['clockTolerance', { clockTolerance: 61 }],
    ['clockTolerance', { clockTolerance: Number.NaN }],
    ['timeout', { timeout: 0 }],
    ['timeout', { timeout: Number.POSITIVE_INFINITY }],
    ['jwksUri', { jwksUri: 'login.example.com/jwks' }],
    ['jwksUri', { jwksUri: 'http://login.example.com/jwks' }],
    ['publicKey', { jwksUri: undefined, publicKey: 'not a key' }],
    ['publicKey', { jwksUri: undefined, publicKey: certificateKey }],
    ['publicKey', { jwksUri: undefined, publicKey: { kty: 'oct', k: 'c2VjcmV0' } }],
    ['publicKey', { jwksUri: undefined, publicKey: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd' } }],
    ['publicKey', { jwksUri: undefined, publicKey: null }],
    ['publicKey', { publicKey: certificate }],
    ['publicKey', { jwksUri: undefined, publicKey: shortRsaCertificate }],
    ['publicKey', { jwksUri: undefined, publicKey: shortRsaKey() }],
    ['jwks', { jwksUri: undefined, jwks: { keys: [shortRsaKey()] } }],
    ['jwksUri', { secret: 'x'.repeat(32) }],
    ['jwks', { jwks: { keys: [] } }],
    ['jwks', { jwksUri: undefined, jwks: [] }],
    ['jwks', { jwksUri: undefined, jwks: { keys: 'none' } }],
    ['requiredScopes', { requiredScopes: 'notes:read' }],
    ['requiredScopes', { requiredScopes: ['two words'] }],
    ['baseUrl', { baseUrl: 'ftp://api.example.com' }],
  ])('%s: %j is a TypeError that names the option', (option, change) => {
    const options = { ...valid, ...change } as JWTVerifierOptions
    expect(() => new JWTVerifier(options)).toThrow(TypeError)
    expect(() => new JWTVerifier(options)).toThrow(`"${option}"`)
  })

  test('A-12 clockTolerance is at most a minute', () => {
    expect(() => new JWTVerifier({ ...valid, clockTolerance: 60 })).not.toThrow()
    expect(() => new JWTVerifier({ ...valid, clockTolerance: 61 })).toThrow(TypeError)
  })

  test('a jwksUri may have a query', () => {
    expect(() => new JWTVerifier({ issuer, jwksUri: 'https://login.example.com/jwks?app=1' })).not.toThrow()
  })
})

/** Signs claims that a library would refuse, such as an expiry that is text. */
function signRaw(claims: object): Promise<string> {
  return signText(JSON.stringify(claims))
}

async function signText(claims: string): Promise<string> {
  return new CompactSign(new TextEncoder().encode(claims))
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt' })
    .sign(key.privateKey)
}

/** The same RSA key, imported for the other padding. */
async function asPs256(rsa: TestKey) {
  return importPKCS8(await exportPKCS8(rsa.privateKey), 'PS256')
}
