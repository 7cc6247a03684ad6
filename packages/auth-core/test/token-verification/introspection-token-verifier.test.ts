import type { IncomingMessage, ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import { decodeJwt, exportJWK, generateKeyPair, jwtVerify } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { isSameCaller } from '../../src/mcp/same-caller.js'
import type { IntrospectionTokenVerifierOptions } from '../../src/token-verification/introspection-options.js'
import { IntrospectionTokenVerifier } from '../../src/token-verification/introspection-token-verifier.js'
import { recorder } from '../harness/events.js'
import { json, type LoopbackServer, startServer, status } from '../harness/loopback-server.js'
import { recalled } from '../harness/recalled.js'
import { testClock } from '../harness/test-clock.js'
import { rawToken } from '../harness/tokens.js'

const audience = 'https://rs.example/mcp'
const now = testClock()
const active = {
  active: true,
  aud: audience,
  client_id: 'client-1',
  sub: 'alice',
  scope: 'a b',
  exp: now() + 3600,
}

let server: LoopbackServer
let asked: { authorization: string | undefined; form: URLSearchParams }[] = []
beforeAll(async () => {
  server = await startServer()
})
beforeEach(() => {
  asked = []
  server.requests.length = 0
})
afterAll(() => server.close())

/** Records requests, then responds. */
function noting(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  return (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString())
      asked.push({ authorization: request.headers.authorization, form })
      answer(request, response)
    })
  }
}

function verifierFor(options: Partial<IntrospectionTokenVerifierOptions> = {}) {
  return new IntrospectionTokenVerifier({
    introspectionUrl: `${server.origin}/introspect`,
    clientId: 'rs',
    clientSecret: 'secret',
    audience,
    now,
    ...options,
  } as IntrospectionTokenVerifierOptions)
}

describe('IntrospectionTokenVerifier and the response', () => {
  test('I-09 an active token for this resource is valid', async () => {
    server.answerWith(noting(json({ ...active, iss: 'https://as.example' })))
    expect(await verifierFor({ issuer: 'https://as.example' }).verifyToken('t')).toMatchObject({
      token: 't',
      clientId: 'client-1',
      issuer: 'https://as.example',
      subject: 'alice',
      scopes: ['a', 'b'],
      expiresAt: active.exp,
      claims: { active: true },
    })
    expect(Object.fromEntries(asked[0]?.form ?? [])).toEqual({ token: 't', token_type_hint: 'access_token' })
    expect(server.lastHeaders()).toMatchObject({
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    })
  })

  test('A-55 without an issuer, the issuer of a token is the URL of the endpoint', async () => {
    server.answerWith(noting(json({ ...active, iss: 'https://issuer-of-another-source.example' })))
    const introspectionUrl = `${server.origin}/introspect`
    const verifier = verifierFor({ introspectionUrl, cacheLifetime: 60 })
    for (const _ of ['asked', 'remembered'])
      expect(await verifier.verifyToken('t')).toMatchObject({ issuer: introspectionUrl })
  })

  test('A-55 endpoints that differ in the query are two issuers, and no token contains the query', async () => {
    server.answerWith(noting(json({ ...active, client_id: 'app' })))
    const tokenOf = (query: string) =>
      verifierFor({ introspectionUrl: `${server.origin}/introspect${query}` }).verifyToken('t')
    const queries = ['', '?realm=a', '?realm=b', '?key=s3cr3t']
    const tokens = await Promise.all(queries.map(async (query) => (await tokenOf(query)) ?? undefined))
    for (const [i, one] of tokens.entries()) {
      for (const [j, other] of tokens.entries()) expect(isSameCaller(one, other)).toBe(i === j)
    }
    expect(isSameCaller(tokens[1], (await tokenOf('?realm=a')) ?? undefined)).toBe(true)
    expect(tokens[3]?.issuer).not.toContain('s3cr3t')
    expect(tokens[3]?.issuer).toMatch(/\/introspect\?sha256=[\w-]{43}$/)
  })

  test.each([
    ['is inactive', { active: false }, 'inactive'],
    ['is "true" and not true', { active: 'true' }, 'inactive'],
    ['is for another resource', { aud: 'https://other.example' }, 'audience'],
    ['is for nobody', { aud: undefined }, 'audience'],
    ['is of another issuer', { iss: 'https://evil.example' }, 'issuer'],
    ['is of no issuer', { iss: undefined }, 'issuer'],
    ['has expired', { exp: now() - 120 }, 'expired'],
    ['has no expiry', { exp: undefined }, 'expired'],
    ['has an expiry in milliseconds', { exp: (now() + 60) * 1000 }, 'expiry_in_milliseconds'],
    ['is not valid yet', { nbf: now() + 300 }, 'not_yet_valid'],
    ['is a refresh token', { token_type: 'refresh_token' }, 'type'],
    ['is used as a refresh token', { token_type: 'Bearer', token_use: 'refresh_token' }, 'type'],
    ['is a refresh token of an offline session', { token_type: 'Bearer', typ: 'Offline' }, 'type'],
    ['is an ID token', { token_type: 'Bearer', typ: 'ID' }, 'id_token'],
    ['is a refresh token of PingAM', { token_type: 'Bearer', tokenName: 'refresh_token' }, 'type'],
    ['has a subject that is no text', { sub: 7 }, 'subject'],
    ['has an expiry that is text', { exp: '9999999999' }, 'expired'],
    ['has scopes that are none', { scope: 7 }, 'scope'],
  ])('I-07 I-08 I-09 A-09 a token that %s is invalid', async (_, change, reason) => {
    const events = recorder()
    server.answerWith(noting(json({ ...active, iss: 'https://as.example', ...change })))
    const verifier = verifierFor({ issuer: 'https://as.example', onEvent: events })
    expect(await verifier.verifyToken('t')).toBeNull()
    expect(events.last()).toMatchObject({ type: 'token.rejected', reason, issuer: 'https://as.example' })
  })

  test.each([
    ['bearer', { token_type: 'Bearer' }],
    ['access token', { token_type: 'access_token', token_use: 'access', typ: 'Bearer' }],
  ])('I-07 a token with the kind %s is valid', async (_, change) => {
    server.answerWith(noting(json({ ...active, ...change })))
    expect(await verifierFor().verifyToken('t')).not.toBeNull()
  })

  test.each<[string, object]>([
    ['DPoP', { token_type: 'DPoP', cnf: { jkt: 'thumbprint' } }],
    ['a client certificate', { token_type: 'Bearer', cnf: { 'x5t#S256': 'thumbprint' } }],
    ['DPoP, by its type alone', { token_type: 'dpop' }],
  ])(
    'J-11 a token that is bound to %s is refused, unless a dangerous option accepts it',
    async (_, bound) => {
      const events = recorder()
      server.answerWith(noting(json({ ...active, ...bound })))
      expect(await verifierFor({ onEvent: events, cacheLifetime: 60 }).verifyToken('t')).toBeNull()
      expect(events.last()).toMatchObject({ type: 'token.rejected', reason: 'bound_to_key' })
      const dangerous = verifierFor({ dangerouslyAcceptBoundTokensAsBearer: true })
      expect(await dangerous.verifyToken('t')).not.toBeNull()
      server.answerWith(noting(json({ ...active, cnf: null })))
      expect(await verifierFor().verifyToken('t')).not.toBeNull()
    },
  )

  test('A-33 a token without a client has the client "unknown", whatever its user ID is', async () => {
    for (const sub of [undefined, 'billing']) {
      server.answerWith(noting(json({ ...active, client_id: undefined, sub })))
      const accessToken = await verifierFor().verifyToken('t')
      expect(accessToken).toMatchObject({ clientId: 'unknown' })
      expect(accessToken?.subject).toBe(sub)
    }
  })

  test('A-09 one option accepts any audience, and another accepts tokens without expiry', async () => {
    server.answerWith(noting(json({ active: true, sub: 'alice' })))
    const verifier = verifierFor({ dangerouslyAllowAnyAudience: true, allowMissingExp: true })
    expect(await verifier.verifyToken('t')).toMatchObject({
      clientId: 'unknown',
      subject: 'alice',
      scopes: [],
      expiresAt: now() + 60,
    })
  })

  test('A-08 without an audience, it expects the requested resource', async () => {
    server.answerWith(noting(json(active)))
    const verifier = verifierFor({ audience: undefined })
    expect(await verifier.verifyToken('t', { resource: audience })).not.toBeNull()
    expect(await verifier.verifyToken('t', { resource: 'https://rs.example/other' })).toBeNull()
    expect(await verifier.verifyToken('t')).toBeNull()
    const bound = verifierFor({ audience: undefined, baseUrl: 'https://rs.example', refusalLifetime: 0 })
    expect(await bound.verifyToken('t')).toBeNull()
    bound.setMcpPath('/mcp')
    expect(await bound.verifyToken('t')).not.toBeNull()
  })
})

describe('IntrospectionTokenVerifier and the request', () => {
  const issuer = 'https://as.example'
  const jws = (claims: object, header: object = { alg: 'ES256', typ: 'at+jwt' }) =>
    rawToken(header, claims as Record<string, unknown>, 'c2ln')

  test.each<[string, object]>([
    ['another issuer', { iss: 'https://other.example' }],
    ['nearly the issuer', { iss: `${issuer}/` }],
    ['an issuer that is no text', { iss: 7 }],
  ])('I-14 a JWT of %s is refused without being sent to the endpoint', async (_, claims) => {
    const events = recorder()
    server.answerWith(noting(json({ ...active, iss: issuer })))
    const verifier = verifierFor({ issuer, onEvent: events, cacheLifetime: 60 })
    expect(await verifier.verifyToken(jws(claims))).toBeNull()
    expect(events.last()).toMatchObject({ type: 'token.rejected', reason: 'issuer', issuer })
    expect(asked).toEqual([])
    expect(await verifier.verifyToken(jws({ iss: issuer }))).not.toBeNull()
    expect(asked).toHaveLength(1)
  })

  test('I-14 A-17 an outage of the endpoint does not affect tokens of another issuer', async () => {
    server.answerWith(noting(status(500)))
    const verifier = verifierFor({ issuer })
    expect(await verifier.verifyToken(jws({ iss: 'https://other.example' }))).toBeNull()
    await expect(verifier.verifyToken(jws({ iss: issuer }))).rejects.toMatchObject({ status: 503 })
  })

  test.each([
    ['an opaque token', 'opaque'],
    ['what has dots and is no JWT', 'a.b.c'],
    ['a JWT that names no issuer', jws({})],
    ['an encrypted JWT', 'a.b.c.d.e'],
  ])('I-14 %s is sent to the endpoint, because the endpoint may have issued it', async (_, token) => {
    server.answerWith(noting(json({ ...active, iss: issuer })))
    expect(await verifierFor({ issuer }).verifyToken(token)).not.toBeNull()
    expect(asked.map(({ form }) => form.get('token'))).toEqual([token])
  })

  test('I-14 without an issuer, every token is sent to the endpoint', async () => {
    server.answerWith(noting(json(active)))
    expect(await verifierFor().verifyToken(jws({ iss: 'https://other.example' }))).not.toBeNull()
  })
})

describe('IntrospectionTokenVerifier and outages', () => {
  test.each([
    ['answers 401', status(401)],
    ['answers 500', status(500)],
    ['redirects', status(302, { location: '/elsewhere' })],
    ['answers a page', (_: IncomingMessage, response: ServerResponse) => void response.end('<p>hello</p>')],
    ['answers a list', json([])],
    ['answers too much', json({ ...active, padding: 'x'.repeat(200_000) })],
    ['hangs up', (request: IncomingMessage) => void request.socket.destroy()],
    ['is silent', () => {}],
  ])(
    'A-17 I-08 I-11 an endpoint that %s is an outage, and the token is valid afterwards',
    async (_, answer) => {
      const events = recorder()
      const verifier = verifierFor({ onEvent: events, timeout: 0.2 })
      server.answerWith(noting(answer))
      await expect(verifier.verifyToken('t')).rejects.toMatchObject({
        code: 'temporarily_unavailable',
        status: 503,
      })
      expect(events.last()).toMatchObject({ type: 'source.unavailable', source: 'introspection' })
      expect(server.requests).toEqual(['/introspect'])
      server.answerWith(noting(json(active)))
      expect(await verifier.verifyToken('t')).not.toBeNull()
    },
  )
})

describe('credentials', () => {
  beforeEach(() => server.answerWith(noting(json(active))))

  test('client_secret_basic form-encodes both halves', async () => {
    await verifierFor({ clientId: 'a:b', clientSecret: 'p%q é+' }).verifyToken('t')
    const [id, secret] = atob(asked[0]?.authorization?.replace('Basic ', '') ?? '').split(':')
    expect(decodeURIComponent(id ?? '')).toBe('a:b')
    expect(decodeURIComponent((secret ?? '').replaceAll('+', ' '))).toBe('p%q é+')
  })

  test('client_secret_post sends the credentials in the form', async () => {
    await verifierFor({ clientAuthMethod: 'client_secret_post', clientSecret: 's&=' }).verifyToken('t')
    expect(asked[0]?.authorization).toBeUndefined()
    expect(asked[0]?.form.get('client_id')).toBe('rs')
    expect(asked[0]?.form.get('client_secret')).toBe('s&=')
  })

  test('private_key_jwt signs a short assertion for the endpoint', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = { ...(await exportJWK(privateKey)), alg: 'ES256', kid: 'k1' }
    await verifierFor({ clientAuthMethod: 'private_key_jwt', privateKey: jwk }).verifyToken('t')
    const form = asked[0]?.form
    expect(form?.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    const { payload, protectedHeader } = await jwtVerify(form?.get('client_assertion') ?? '', publicKey, {
      issuer: 'rs',
      subject: 'rs',
      audience: `${server.origin}/introspect`,
      currentDate: new Date(now() * 1000),
    })
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'JWT', kid: 'k1' })
    expect(payload.exp).toBe(now() + 60)
    expect(payload.jti).toMatch(/^[\w-]{22}$/)
  })

  test.each([
    ['the issuer, where one is set', {}, 'https://as.example'],
    ['whoever is named', { assertionAudience: 'https://as.example/token' }, 'https://as.example/token'],
  ])('the audience of the assertion is %s', async (_name, change, audience) => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = { ...(await exportJWK(privateKey)), alg: 'ES256' }
    const method = {
      clientAuthMethod: 'private_key_jwt' as const,
      privateKey: jwk,
      issuer: 'https://as.example',
    }
    await verifierFor({ ...method, ...change }).verifyToken('t')
    expect(decodeJwt(asked[0]?.form.get('client_assertion') ?? '').aud).toBe(audience)
  })
})

describe('memory', () => {
  afterEach(() => expect(asked.every(({ form }) => form.get('token') !== null)).toBe(true))

  test('I-10 no response is cached by default', async () => {
    server.answerWith(noting(json(active)))
    const verifier = verifierFor()
    await verifier.verifyToken('t')
    await verifier.verifyToken('t')
    expect(asked).toHaveLength(2)
    expect(recalled(verifier, 't')).toBeUndefined()
  })

  test('I-10 setting the clock back does not extend a cached response', async () => {
    server.answerWith(noting(json({ ...active, exp: now() + 50 })))
    const verifier = verifierFor({ cacheLifetime: 30 })
    expect(await verifier.verifyToken('t')).not.toBeNull()
    server.answerWith(noting(json({ active: false })))
    now.advance(-20)
    expect(recalled(verifier, 't')).toBeUndefined()
    expect(await verifier.verifyToken('t')).toBeNull()
    server.answerWith(noting(json({ ...active, exp: now() + 50 })))
    now.advance(-20)
    expect(await verifier.verifyToken('t')).not.toBeNull()
  })

  test('I-10 a positive response is cached for cacheLifetime, and never beyond the expiry of the token', async () => {
    server.answerWith(noting(json({ ...active, exp: now() + 50 })))
    const verifier = verifierFor({ cacheLifetime: 30 })
    const first = await verifier.verifyToken('t')
    const again = await verifier.verifyToken('t')
    expect(asked).toHaveLength(1)
    expect(again).toEqual(first)
    expect(again).not.toBe(first)
    now.advance(29)
    expect(recalled(verifier, 't')).toMatchObject({ token: 't', subject: 'alice' })
    now.advance(1)
    expect(recalled(verifier, 't')).toBeUndefined()
    await verifier.verifyToken('t')
    expect(asked).toHaveLength(2)
    now.advance(20)
    expect(recalled(verifier, 't')).toBeUndefined()
  })

  test.each([
    [0, 6],
    [1, 5],
    [2, 4],
    [3, 4],
    [4, 3],
    [undefined, 3],
  ])(
    'I-10 with a maxCacheSize of %s, three tokens twice are %i requests',
    async (maxCacheSize, questions) => {
      server.answerWith(noting(json(active)))
      const verifier = verifierFor({ cacheLifetime: 60, maxCacheSize })
      for (const token of ['a', 'b', 'c', 'c', 'b', 'a']) {
        expect(await verifier.verifyToken(token)).toMatchObject({ token })
      }
      expect(asked).toHaveLength(questions)
    },
  )

  test('I-10 the age of a response counts from its request', async () => {
    server.answerWith(
      noting((request, response) => {
        now.advance(20)
        json({ ...active, exp: now() + 3600 })(request, response)
      }),
    )
    const verifier = verifierFor({ cacheLifetime: 30 })
    expect(await verifier.verifyToken('t')).not.toBeNull()
    now.advance(9)
    expect(recalled(verifier, 't')).toBeDefined()
    now.advance(1)
    expect(recalled(verifier, 't')).toBeUndefined()
  })

  test('I-10 a refusal is cached for seconds, for its resource, with its reason', async () => {
    const events = recorder()
    server.answerWith(noting(json({ active: false })))
    const verifier = verifierFor({ onEvent: events })
    expect(await verifier.verifyToken('t')).toBeNull()
    server.answerWith(noting(json({ ...active, exp: now() + 3600 })))
    now.advance(4)
    expect(await verifier.verifyToken('t')).toBeNull()
    expect(asked).toHaveLength(1)
    expect(events.events).toEqual(Array(2).fill({ type: 'token.rejected', reason: 'inactive' }))
    expect(await verifier.verifyToken('t', { resource: 'https://rs.example/admin' })).not.toBeNull()
    now.advance(1)
    expect(await verifier.verifyToken('t')).not.toBeNull()
  })

  test('I-10 a refusal is not cached with a refusalLifetime of 0', async () => {
    server.answerWith(noting(json({ active: false })))
    const verifier = verifierFor({ refusalLifetime: 0 })
    expect(await verifier.verifyToken('t')).toBeNull()
    server.answerWith(noting(json({ ...active, exp: now() + 3600 })))
    expect(await verifier.verifyToken('t')).not.toBeNull()
  })

  test('I-10 made-up tokens evict each other, and no valid token', async () => {
    const good = new Set(['good'])
    const verifier = verifierFor({
      cacheLifetime: 60,
      fetch: async (_url, init) => {
        const token = new URLSearchParams(String(init.body)).get('token') ?? ''
        asked.push({ authorization: undefined, form: new URLSearchParams({ token }) })
        return Response.json(good.has(token) ? { ...active, exp: now() + 3600 } : { active: false })
      },
    })
    await verifier.verifyToken('good')
    for (let i = 0; i < 2000; i += 1) await verifier.verifyToken(`made-up-${i}`)
    expect(asked).toHaveLength(2001)
    await verifier.verifyToken('made-up-1999')
    expect(asked).toHaveLength(2001)
    await verifier.verifyToken('made-up-0')
    expect(asked).toHaveLength(2002)
    expect(recalled(verifier, 'good')).toBeDefined()
  })

  test('I-11 requests beyond maxConcurrency are an outage at once, and allowed again after the responses', async () => {
    const events = recorder()
    const waiting: (() => void)[] = []
    server.answerWith(
      noting((request, response) => {
        waiting.push(() => json({ ...active, exp: now() + 3600 })(request, response))
      }),
    )
    const verifier = verifierFor({ maxConcurrency: 2, onEvent: events })
    const open = ['a', 'b', 'b'].map((token) => verifier.verifyToken(token))
    await expect(verifier.verifyToken('c')).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      retryAfter: 5,
    })
    expect(events.last()).toMatchObject({ type: 'source.unavailable', source: 'introspection' })
    await vi.waitFor(() => expect(waiting).toHaveLength(2))
    for (const answer of waiting) answer()
    expect((await Promise.all(open)).map((found) => found?.token)).toEqual(['a', 'b', 'b'])
    server.answerWith(noting(json({ ...active, exp: now() + 3600 })))
    expect(await verifier.verifyToken('c')).not.toBeNull()
  })

  test('concurrent requests share one introspection, and each gets an AccessToken of its own', async () => {
    server.answerWith(noting(json({ ...active, exp: now() + 3600 })))
    const verifier = verifierFor()
    const tokens = await Promise.all(Array.from({ length: 20 }, () => verifier.verifyToken('t')))
    expect(asked).toHaveLength(1)
    expect(new Set(tokens).size).toBe(20)
  })
})

test('the endpoint may have a query', async () => {
  server.answerWith(noting(json({ ...active, exp: now() + 3600 })))
  await verifierFor({ introspectionUrl: `${server.origin}/introspect?realm=a` }).verifyToken('t')
  expect(server.requests).toEqual(['/introspect?realm=a'])
})

test('O-06 credentials are not in a printed verifier, and not in an outage', async () => {
  const clientSecret = 'the secret of this server'
  const events = recorder()
  const verifier = verifierFor({ clientSecret, onEvent: events })
  server.answerWith(noting(status(500)))
  const outage = await verifier.verifyToken('the-token').catch((error: unknown) => error)
  for (const shown of [verifier, outage, events.events]) {
    const text = inspect(shown, { depth: 10, showHidden: true })
    expect(text).not.toContain(clientSecret)
    expect(text).not.toContain(btoa(`rs:${clientSecret}`))
    expect(text).not.toContain('the-token')
  }
})

describe('invalid options', () => {
  test.each<[string, Record<string, unknown>]>([
    ['introspectionUrl', { introspectionUrl: 'http://as.example/introspect' }],
    ['clientId', { clientId: '' }],
    ['clientSecret', { clientSecret: '' }],
    ['introspectionUrl', { introspectionUrl: undefined }],
    ['introspectionUrl', { introspectionUrl: 'https://as.example/introspect?realm=1#x' }],
    ['clientAuthMethod', { clientAuthMethod: 'tls_client_auth' }],
    ['privateKey', { clientAuthMethod: 'private_key_jwt', privateKey: { kty: 'EC' } }],
    ['privateKey', { clientAuthMethod: 'private_key_jwt', privateKey: { kty: 'EC', alg: 'ES256' } }],
    ['privateKey', { clientAuthMethod: 'private_key_jwt' }],
    ['privateKey', { privateKey: { kty: 'EC', alg: 'ES256', d: 'd' } }],
    ['privateKey', { clientSecret: undefined, privateKey: { kty: 'EC', alg: 'ES256', d: 'd' } }],
    ['assertionAudience', { assertionAudience: 'https://as.example' }],
    ['audience', { audience: [] }],
    ['issuer', { issuer: '' }],
    ['cacheLifetime', { cacheLifetime: -1 }],
    ['cacheLifetime', { cacheLifetime: Number.POSITIVE_INFINITY }],
    ['refusalLifetime', { refusalLifetime: Number.NaN }],
    ['maxConcurrency', { maxConcurrency: 0 }],
    ['maxConcurrency', { maxConcurrency: 1.5 }],
    ['maxCacheSize', { maxCacheSize: -1 }],
    ['maxCacheSize', { maxCacheSize: 1.5 }],
    ['maxCacheSize', { maxCacheSize: Number.POSITIVE_INFINITY }],
    ['timeout', { timeout: 0 }],
    ['clockTolerance', { clockTolerance: 61 }],
    ['claims', { claims: (claims: unknown) => claims }],
  ])('IntrospectionTokenVerifier names %s in a TypeError', (option, change) => {
    expect(() => verifierFor(change)).toThrow(new RegExp(`"${option}"`))
  })
})
