import { createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { JWTVerifier, RemoteAuthProvider } from '@tollgate/auth-core'
import { createTestIssuer, decodeToken, type MintOptions, testClock } from '@tollgate/auth-testing'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectTokenRefusal } from '../harness/expectations.js'
import { anyHost, hosts, type ProtectedApp, type RunningHost } from '../harness/hosts.js'
import { notesApp } from '../harness/notes-app.js'
import { callMcp, newTokens, register } from '../harness/oauth-driver.js'
import { sendRaw } from '../harness/raw-http.js'

const now = testClock()
const login = await createTestIssuer({ issuer: 'https://login.example', now })
const attacker = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])
const attackersJwk = await crypto.subtle.exportKey('jwk', attacker.publicKey)

interface Issued {
  /** A token that passes. */
  readonly good: string
  /** Its published keys, which anyone can read. */
  readonly publishedKeys: readonly JsonWebKey[]
  /** Creates a token with the same claims and some changes, signed by the issuer where a test can do that. */
  readonly forge: (changes?: MintOptions) => Promise<string>
}

/** Two resource servers: one with tokens of another issuer, one with its own. */
const servers: [
  string,
  (called: string[]) => (origin: string) => ProtectedApp,
  (origin: string) => Promise<Issued>,
][] = [
  [
    'the tokens of another issuer',
    (called) => (origin) => ({
      provider: new RemoteAuthProvider({
        baseUrl: origin,
        authorizationServers: [login.issuer],
        tokenVerifier: new JWTVerifier({
          issuer: login.issuer,
          fetch: login.fetch,
          requiredScopes: ['notes:read'],
          now,
        }),
      }),
      onCall: (token) => called.push(token),
    }),
    async (origin) => {
      const forge = ({ claims, ...changes }: MintOptions = {}) =>
        login.mint({ audience: `${origin}/mcp`, scopes: ['notes:read'], claims: { ...claims }, ...changes })
      return { good: await forge(), publishedKeys: login.jwks().keys as JsonWebKey[], forge }
    },
  ],
  [
    'its own tokens',
    (called) => notesApp({ now }, { onCall: (token) => called.push(token) }),
    async (origin) => {
      const good = (await newTokens(origin, await register(origin))).access_token
      const { header, claims } = decodeToken(good)
      const { keys } = (await (await fetch(`${origin}/jwks`)).json()) as { keys: JsonWebKey[] }
      const forge = (changes: MintOptions = {}) =>
        login.mint({
          signedBy: 'otherKey',
          ...changes,
          header: { ...header, ...changes.header },
          claims: { ...claims, ...changes.claims },
        })
      return { good, publishedKeys: keys, forge }
    },
  ],
]

const bytes = (text: string) => new TextEncoder().encode(text)
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe.each(hosts)('$name', ({ start }) => {
  describe.each(servers)('with %s', (_, app, issue) => {
    const called: string[] = []
    let host: RunningHost
    let issued: Issued

    beforeAll(async () => {
      host = await start(app(called))
      issued = await issue(host.origin)
    })
    beforeEach(() => {
      called.length = 0
    })
    afterAll(() => host.close())

    const call = (token: string) =>
      sendRaw(`${host.origin}/mcp`, {
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
      })

    /** Expects the exact refusal before any handler, and that the valid token still passes. */
    async function expectRefused(token: string) {
      const challenge = `Bearer resource_metadata="${host.origin}/.well-known/oauth-protected-resource/mcp", scope="notes:read"`
      expectTokenRefusal(await call(token), 401, 'invalid_token', challenge)
      expect(called).toEqual([])
      expect((await call(issued.good)).status).toBe(200)
      called.length = 0
    }

    test.each(['none', 'None', 'NONE', 'nOnE', '', null, undefined, ['none']])(
      'A-14 an unsigned token is refused, with the alg %j',
      async (alg) => {
        const unsigned = await issued.forge({ signedBy: 'none', header: { alg } })
        await expectRefused(unsigned)
        // The signature of another token does not help.
        await expectRefused(unsigned + issued.good.split('.')[2])
      },
    )

    test.each(['HS256', 'HS384', 'HS512'])(
      'A-14 an %s token keyed with the published key is refused',
      async (alg) => {
        for (const key of issued.publishedKeys) {
          const spki = createPublicKey({ key, format: 'jwk' }).export({
            type: 'spki',
            format: 'pem',
          }) as string
          for (const secret of [spki, spki.trim(), JSON.stringify(key), String(key.x)]) {
            await expectRefused(await issued.forge({ signedBy: bytes(secret), header: { alg } }))
          }
        }
      },
    )

    test('A-11 a key in the token or at its URL verifies nothing and is not fetched', async () => {
      const asked = login.requests.length
      for (const header of [
        { jwk: attackersJwk },
        { jwk: { ...attackersJwk, kid: 'attacker' }, kid: 'attacker' },
        { jku: 'https://attacker.example/jwks' },
        { x5u: 'https://attacker.example/chain.pem' },
        { x5c: ['MIIB'], x5t: 'abc' },
      ]) {
        await expectRefused(await issued.forge({ signedBy: attacker.privateKey, header }))
      }
      expect(login.requests.slice(asked).filter((url) => url.includes('attacker'))).toEqual([])
    })

    test('A-07 a token signed by another key under the same key ID is refused', async () => {
      await expectRefused(await issued.forge({ signedBy: attacker.privateKey }))
      await expectRefused(await issued.forge({ signedBy: 'otherKey' }))
    })

    test.each([['exp'], ['b64'], ['https://example.com/rule'], []])(
      'A-19 a token with a critical header (%j) is refused',
      async (...crit) => {
        await expectRefused(await issued.forge({ header: { crit, b64: true } }))
      },
    )

    test('A-19 a token with an unencoded payload is refused', async () => {
      await expectRefused(await issued.forge({ header: { crit: ['b64'], b64: false } }))
      await expectRefused(await issued.forge({ header: { b64: false } }))
    })

    test('A-20 an encrypted token is refused', async () => {
      const encrypted = (header: object) => `${part(header)}.key.iv.text.tag`
      await expectRefused(encrypted({ alg: 'dir', enc: 'A256GCM' }))
      await expectRefused(encrypted({ alg: 'RSA-OAEP', enc: 'A256GCM', zip: 'DEF', typ: 'at+jwt' }))
      await expectRefused(`${part({ alg: 'dir', enc: 'A256GCM', typ: 'at+jwt' })}..iv.text.tag`)
    })

    test('A-20 a nested token is refused', async () => {
      const [header, , signature] = issued.good.split('.')
      const inner = Buffer.from(issued.good).toString('base64url')
      await expectRefused(`${part({ alg: 'ES256', typ: 'at+jwt', cty: 'JWT' })}.${inner}.${signature}`)
      await expectRefused(`${header}.${part(issued.good)}.${signature}`)
      await expectRefused(`${issued.good}.${issued.good}`)
    })

    test('A-20 a token over 16 KiB or of one megabyte is refused', async () => {
      await expectRefused(await issued.forge({ claims: { padding: 'x'.repeat(17 * 1024) } }))
      // Node itself may refuse such a header.
      const answer = await call('x'.repeat(1024 * 1024)).catch(() => ({ status: 431 }))
      expect([401, 431]).toContain(answer.status)
      expect(called).toEqual([])
    })

    test('A-20 deeply nested claims below the size limit are harmless', async () => {
      let deep: unknown = 1
      for (let depth = 0; depth < 1500; depth += 1) deep = [deep]
      const forged = await issued.forge({ claims: { deep } })
      const { status } = await call(forged)
      expect([200, 401]).toContain(status)
    })

    test.each([
      'JWT',
      'id+jwt',
      'logout+jwt',
      'dpop+jwt',
      'oauth-id-jag+jwt',
      'token-introspection+jwt',
      'client-authentication+jwt',
      'secevent+jwt',
      'at+jwt ',
      ['at+jwt'],
      undefined,
    ])('A-21 A-27 a token of the type %j is refused', async (typ) => {
      await expectRefused(await issued.forge({ header: { typ } }))
    })

    test.each([
      ['one part', 'abc'],
      ['two parts', 'abc.def'],
      ['nothing between dots', '..'],
      ['four parts', 'a.b.c.d'],
      ['bytes that are not JSON', `${Buffer.from('\xff\xfe', 'latin1').toString('base64url')}.e30.AA`],
      ['a header that is null', `${part(null)}.${part({})}.AA`],
      ['a header that is a list', `${part([])}.${part({})}.AA`],
      ['claims that are null', `${part({ alg: 'ES256', typ: 'at+jwt' })}.${part(null)}.AA`],
      ['claims that are a list', `${part({ alg: 'ES256', typ: 'at+jwt' })}.${part([])}.AA`],
      [
        'members that objects have',
        `${part({ alg: '__proto__', kid: 'constructor', typ: 'at+jwt' })}.e30.AA`,
      ],
      ['padding', 'e30=.e30=.AA=='],
    ])('A-06 A-07 a token of %s is refused', async (_name, token) => {
      await expectRefused(token)
    })

    test.each([{ jkt: 'thumbprint' }, { 'x5t#S256': 'thumbprint' }, { kid: 'key-1' }, {}])(
      'J-11 a sender-constrained token is refused as a bearer token (cnf: %j)',
      async (cnf) => {
        await expectRefused(await issued.forge({ claims: { cnf } }))
      },
    )

    test('A-12 A-13 a token that is expired, not yet valid or without numeric times is refused', async () => {
      const soon = now() + 600
      for (const claims of [
        { exp: now() - 120 },
        { exp: String(soon) },
        { exp: undefined },
        { exp: null },
        { nbf: now() + 300 },
        { nbf: 'now' },
        { iat: now() + 300 },
        { exp: [soon] },
      ]) {
        await expectRefused(await issued.forge({ claims }))
      }
    })
  })
})

test('A-07 a leaked signing key forges tokens only for the user and client of its own grant', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256' }
  const host = await anyHost.start(notesApp({ signingKeys: [jwk] }))
  const { access_token } = await newTokens(host.origin, await register(host.origin))
  const { header, claims } = decodeToken(access_token)
  const sign = (changes: object, typ = 'at+jwt') =>
    new SignJWT({ ...claims, ...changes })
      .setProtectedHeader({ ...header, alg: 'ES256', typ })
      .sign(privateKey)
  for (const changes of [{ sub: 'bob' }, { client_id: 'other' }, { token_family: 'x'.repeat(43) }])
    expect((await callMcp(host.origin, await sign(changes))).status).toBe(401)
  // Tokens that the same key signs for another purpose are not access tokens.
  expect((await callMcp(host.origin, await sign({}, 'JWT'))).status).toBe(401)
  expect((await callMcp(host.origin, await sign({}))).status).toBe(200)
  await host.close()
})
