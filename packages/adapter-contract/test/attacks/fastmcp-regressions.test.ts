import {
  IntrospectionTokenVerifier,
  JWTVerifier,
  MultiAuth,
  RemoteAuthProvider,
  type RoutedProvider,
  StaticTokenVerifier,
  type TokenVerifier,
} from '@tollgate/auth-core'
import { createTestIssuer, decodeToken, listenTestIssuer, type MintOptions } from '@tollgate/auth-testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectOutage } from '../harness/expectations.js'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { notesProvider } from '../harness/notes-app.js'
import { callMcp, newTokens, register } from '../harness/oauth-driver.js'

/** Weaknesses found in comparable servers. Each test is a way in which one of them was bypassed. */

const issuer = await createTestIssuer({ issuer: 'https://login.example' })
const { now } = issuer
const requiredScopes = ['notes:read', 'notes:write']

/** The audience is not configured, so the default must be right. */
const kindsOfToken: Record<string, () => TokenVerifier> = {
  'a JWT': () => new JWTVerifier({ issuer: issuer.issuer, jwks: issuer.jwks(), requiredScopes, now }),
  'a JWT of an issuer that marks none of them': () =>
    new JWTVerifier({ issuer: issuer.issuer, jwks: issuer.jwks(), typ: 'any-jwt', requiredScopes, now }),
  'a token that the authorization server calls active': () =>
    new IntrospectionTokenVerifier({
      introspectionUrl: `${issuer.issuer}/introspect`,
      clientId: 'rs',
      clientSecret: 'secret',
      requiredScopes,
      refusalLifetime: 0,
      now,
      fetch: async (_url, init) => {
        const token = new URLSearchParams(String(init.body)).get('token') ?? ''
        return Response.json({ active: true, ...decodeToken(token).claims })
      },
    }),
}

describe.each(hosts)('$name', ({ start }) => {
  async function during(
    build: (origin: string) => RoutedProvider,
    check: (origin: string) => Promise<void>,
  ): Promise<void> {
    const host = await start((origin) => ({ provider: build(origin) }))
    try {
      await check(host.origin)
    } finally {
      await host.close()
    }
  }

  describe.each(Object.entries(kindsOfToken))('%s', (_kind, newVerifier) => {
    let host: RunningHost
    beforeAll(async () => {
      host = await start((origin) => ({
        provider: new RemoteAuthProvider({
          baseUrl: origin,
          authorizationServers: [issuer.issuer],
          tokenVerifier: newVerifier(),
        }),
      }))
    })
    afterAll(() => host.close())

    /** Calls with a valid token, with some changes. */
    async function call(changes: MintOptions = {}): Promise<Response> {
      const token = await issuer.mint({ audience: `${host.origin}/mcp`, scopes: requiredScopes, ...changes })
      return callMcp(host.origin, token)
    }

    test.each<[string, MintOptions]>([
      ['for another resource', { audience: 'https://other.example/mcp' }],
      ['for the client itself', { audience: 'test-client' }],
      ['no audience', { audience: undefined }],
      ['for an empty list', { audience: [] }],
    ])('A-08 A-09 the audience is checked by default: %s', async (_, changes) => {
      expect((await call(changes)).status).toBe(401)
      expect((await call()).status).toBe(200)
    })

    test.each(['', 'notes:read', 'notes:write', 'NOTES:READ notes:write', 'notes:read,notes:write'])(
      'A-23 A-24 A-26 a valid token with the scope %j gets a 403 with the missing scopes instead of a 401',
      async (scope) => {
        const answer = await call({ claims: { scope } })
        expect(answer.status).toBe(403)
        const challenge = answer.headers.get('www-authenticate')
        expect(challenge).toContain('error="insufficient_scope"')
        expect(challenge).toContain('scope="notes:read notes:write"')
      },
    )

    test.each<[string, MintOptions]>([
      ['has no expiry', { claims: { exp: undefined } }],
      ['has an expiry that is text', { claims: { exp: '9999999999' } }],
      ['expired a minute ago', { expiresIn: -60 }],
      ['becomes valid in five minutes', { claims: { nbf: now() + 300 } }],
      ['has a textual nbf', { claims: { nbf: 'now' } }],
      ['was issued in five minutes', { claims: { iat: now() + 300 } }],
    ])('A-12 A-13 a token that %s is refused', async (_, changes) => {
      expect((await call(changes)).status).toBe(401)
    })

    test('A-12 A-13 clock skew of a few seconds causes no refusal', async () => {
      expect((await call({ expiresIn: -20 })).status).toBe(200)
      expect((await call({ claims: { nbf: now() + 20, iat: now() + 20 } })).status).toBe(200)
    })
  })

  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['an ID token', { typ: 'JWT' }, { nonce: 'n' }],
    ['an ID token of a client with the name of the resource', { typ: 'JWT' }, { azp: 'its audience' }],
    ['a logout token', { typ: 'logout+jwt' }, {}],
    ['a refresh token', { typ: 'rt+jwt' }, {}],
    ['an assertion of another server', { typ: 'oauth-id-jag+jwt' }, {}],
  ])('A-27 A-21 %s with a valid signature is not an access token', async (_, header, claims) => {
    for (const kind of ['a JWT', 'a JWT of an issuer that marks none of them']) {
      const tokenVerifier = kindsOfToken[kind]?.() as TokenVerifier
      await during(
        (origin) =>
          new RemoteAuthProvider({ baseUrl: origin, authorizationServers: [issuer.issuer], tokenVerifier }),
        async (origin) => {
          const audience = `${origin}/mcp`
          const good = { audience, scopes: requiredScopes }
          // With scopes, it would be an access token of the client itself.
          const ofClient =
            'azp' in claims ? { scopes: [], claims: { azp: audience, client_id: undefined } } : { claims }
          const token = await issuer.mint({ ...good, header, ...ofClient })
          expect((await callMcp(origin, token)).status).toBe(401)
          expect((await callMcp(origin, await issuer.mint(good))).status).toBe(200)
        },
      )
    }
  })

  test('A-27 I-07 a refresh token reported as active is not an access token', () =>
    during(
      (origin) =>
        new RemoteAuthProvider({
          baseUrl: origin,
          authorizationServers: [issuer.issuer],
          tokenVerifier: kindsOfToken[
            'a token that the authorization server calls active'
          ]?.() as TokenVerifier,
        }),
      async (origin) => {
        for (const claims of [
          { token_type: 'refresh_token' },
          { token_type: 'Bearer', token_use: 'refresh' },
          { token_type: 'Bearer', typ: 'ID' },
        ]) {
          const token = await issuer.mint({ audience: `${origin}/mcp`, scopes: requiredScopes, claims })
          expect((await callMcp(origin, token)).status).toBe(401)
        }
      },
    ))

  describe('A-34 A-35 A-36 a challenge names only metadata that exists', () => {
    const tokens = { good: { clientId: 'c', scopes: requiredScopes } }
    const remote = (baseUrl: string, more = {}) =>
      new RemoteAuthProvider({
        baseUrl,
        authorizationServers: [issuer.issuer],
        tokenVerifier: new StaticTokenVerifier({ tokens }),
        ...more,
      })
    test.each<[string, (origin: string) => RoutedProvider, boolean]>([
      ['a bare verifier', (baseUrl) => new StaticTokenVerifier({ baseUrl, tokens }), false],
      ['a bare verifier without a URL', () => new StaticTokenVerifier({ tokens }), false],
      [
        'several verifiers and no server',
        (baseUrl) => new MultiAuth({ baseUrl, verifiers: new StaticTokenVerifier({ tokens }) }),
        false,
      ],
      ['a resource server', remote, true],
      ['an authorization server', notesProvider, true],
      [
        'a server and further verifiers',
        (baseUrl) =>
          new MultiAuth({ server: remote(baseUrl), verifiers: new StaticTokenVerifier({ tokens }) }),
        true,
      ],
      [
        'a server whose resources have another URL, and further verifiers',
        (origin) =>
          new MultiAuth({
            server: remote('https://auth.example', { resourceBaseUrl: origin }),
            verifiers: new StaticTokenVerifier({ tokens }),
          }),
        true,
      ],
    ])('A-34 A-35 A-36 the metadata in the challenge of %s exists or is not named', (_, build, isServed) =>
      during(build, async (origin) => {
        const challenge = (await callMcp(origin, undefined)).headers.get('www-authenticate') ?? ''
        const location = /resource_metadata="([^"]+)"/.exec(challenge)?.[1]
        expect(location).toBe(isServed ? `${origin}/.well-known/oauth-protected-resource/mcp` : undefined)
        const metadata = await fetch(`${origin}/.well-known/oauth-protected-resource/mcp`)
        expect(metadata.status).toBe(isServed ? 200 : 404)
        if (isServed) expect(await metadata.json()).toMatchObject({ resource: `${origin}/mcp` })
      }),
    )
  })

  test('A-08 A-35 with several sources, challenge, metadata and audience agree, and a shared server keeps its own', async () => {
    const tokenVerifier = kindsOfToken['a JWT']?.() as TokenVerifier
    const server = new RemoteAuthProvider({
      baseUrl: 'https://api.example',
      authorizationServers: [issuer.issuer],
      tokenVerifier,
    })
    const first = new MultiAuth({ server })
    const second = new MultiAuth({ server, requiredScopes: [] })
    expect(() => new MultiAuth({ server, baseUrl: 'https://elsewhere.example' })).toThrow(/"baseUrl"/)
    expect(() => new MultiAuth({ server, resourceBaseUrl: 'https://elsewhere.example' })).toThrow(
      /"resourceBaseUrl"/,
    )
    await during(
      () => first,
      async (origin) => {
        const token = await issuer.mint({ audience: 'https://api.example/mcp', scopes: requiredScopes })
        const answer = await callMcp(origin, token)
        expect(answer.status).toBe(200)
        expect(await answer.json()).toMatchObject({ resource: 'https://api.example/mcp' })
        for (const provider of [first, second, server]) {
          expect(provider.resourceUrl).toBe('https://api.example/mcp')
          expect(provider.getResourceMetadataUrl()).toBe(
            'https://api.example/.well-known/oauth-protected-resource/mcp',
          )
        }
        expect(server.requiredScopes).toEqual(requiredScopes)
      },
    )
  })

  test('A-11 A-17 A-36 A-47 each of several authorization servers is trusted for its own tokens and fails alone', async () => {
    const [one, two] = await Promise.all([listenTestIssuer({ now }), listenTestIssuer({ now })])
    const verifiers = [one, two].map(
      ({ issuer }) => new JWTVerifier({ issuer, requiredScopes: ['notes:read'], now }),
    )
    await during(
      (origin) =>
        new RemoteAuthProvider({
          baseUrl: origin,
          authorizationServers: [two.issuer, one.issuer],
          tokenVerifier: new MultiAuth({ verifiers }),
        }),
      async (origin) => {
        const metadata = await fetch(`${origin}/.well-known/oauth-protected-resource/mcp`)
        expect(await metadata.json()).toMatchObject({ authorization_servers: [two.issuer, one.issuer] })
        const good = { audience: `${origin}/mcp`, scopes: ['notes:read'] }
        one.break('down')
        expect((await callMcp(origin, await two.mint(good))).status).toBe(200)
        await expectOutage(await callMcp(origin, await one.mint(good)))
        // Signed by one issuer in the name of the other, which has no such key.
        const forged = await one.mint({
          ...good,
          claims: { iss: two.issuer },
          header: { kid: two.jwks().keys[0]?.kid },
        })
        expect((await callMcp(origin, forged)).status).toBe(401)
        const ofNobody = await one.mint({ ...good, claims: { iss: 'https://three.example' } })
        expect((await callMcp(origin, ofNobody)).status).toBe(401)
        one.repair()
        now.advance(5)
        expect((await callMcp(origin, await one.mint(good))).status).toBe(200)
      },
    )
    await Promise.all([one.close(), two.close()])
  })

  test('A-23 A-47 a 403 names the missing scopes alike for tokens of the server and of a verifier', () =>
    during(
      (origin) =>
        new MultiAuth({
          server: notesProvider(origin, { now, requiredScopes: ['notes:write'] }),
          verifiers: new JWTVerifier({ issuer: issuer.issuer, jwks: issuer.jwks(), now }),
        }),
      async (origin) => {
        const client = await register(origin)
        const { access_token } = await newTokens(origin, client, { scope: 'notes:read' })
        const foreign = await issuer.mint({ audience: `${origin}/mcp`, scopes: ['notes:read'] })
        const challenges = []
        for (const token of [access_token, foreign]) {
          const answer = await callMcp(origin, token)
          expect(answer.status).toBe(403)
          challenges.push(answer.headers.get('www-authenticate'))
        }
        expect(challenges[0]).toBe(challenges[1])
        expect(challenges[0]).toContain('scope="notes:write"')
      },
    ))
})
