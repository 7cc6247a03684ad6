import { describe, expect, test, vi } from 'vitest'
import { AccessToken } from '../../src/contract/access-token.js'
import type { AuthProviderLike, VerifyTokenOptions } from '../../src/contract/auth-provider-like.js'
import { keepVerdicts } from '../../src/contract/verdict-memory.js'
import { createBearerGate } from '../../src/gate/create-bearer-gate.js'
import type { BearerGateOptions } from '../../src/gate/gate-options.js'
import { toSdkScopeChallenge } from '../../src/gate/sdk-scope-challenge.js'
import { MultiAuth } from '../../src/providers/multi-auth.js'
import type { MultiAuthOptions } from '../../src/providers/multi-auth-options.js'
import {
  RemoteAuthProvider,
  type RemoteAuthProviderOptions,
} from '../../src/providers/remote-auth-provider.js'
import { IntrospectionTokenVerifier } from '../../src/token-verification/introspection-token-verifier.js'
import { JWTVerifier } from '../../src/token-verification/jwt-verifier.js'
import { recorder } from '../harness/events.js'
import { recalled } from '../harness/recalled.js'
import { issuer, newKey, resource, signToken } from '../harness/tokens.js'
import { verifierOf } from '../harness/verifiers.js'

function serverOf(accepted: string, options: Partial<RemoteAuthProviderOptions> = {}) {
  const tokenVerifier = verifierOf(accepted, { requiredScopes: ['read'] })
  const server = new RemoteAuthProvider({
    baseUrl: 'https://api.example.com',
    authorizationServers: ['https://auth.example.com'],
    tokenVerifier,
    ...options,
  })
  return { server, verifyToken: tokenVerifier.verifyToken }
}

/** A source of ours that remembers its token. */
function remembering(accepted: string): AuthProviderLike {
  const source = verifierOf(accepted)
  const known = new AccessToken({ token: accepted, clientId: 'client-1', scopes: [] })
  keepVerdicts(source, source.verifyToken, (token) => (token === accepted ? known : undefined))
  return source
}

function broken(cause: unknown = new Error('down')) {
  return verifierOf('none', { verifyToken: () => Promise.reject(cause) })
}

describe('verification', () => {
  test('A-47 a source without a cache does not disable the cache of a later source', () => {
    const auth = new MultiAuth({ verifiers: [remembering('1'), remembering('2'), verifierOf('3')] })
    expect(recalled(auth, '1')?.token).toBe('1')
    expect(recalled(auth, '2')?.token).toBe('2')
    expect(recalled(auth, '3')).toBeUndefined()
    const afterAnother = new MultiAuth({ verifiers: [verifierOf('3'), remembering('2')] })
    expect(recalled(afterAnother, '2')).toBeUndefined()
  })

  test('A-47 sources are tried in order, the server first, until one accepts', async () => {
    const { server, verifyToken } = serverOf('of the server')
    const [first, second, third] = [verifierOf('1'), verifierOf('2'), verifierOf('2')]
    const auth = new MultiAuth({ server, verifiers: [first, second, third] })
    expect((await auth.verifyToken('2'))?.clientId).toBe('client of 2')
    const order = [verifyToken, first.verifyToken, second.verifyToken].map(
      (spy) => spy.mock.invocationCallOrder[0],
    )
    expect(order).toEqual([...order].sort((a, b) => Number(a) - Number(b)))
    expect(third.verifyToken).not.toHaveBeenCalled()

    await auth.verifyToken('of the server')
    expect(first.verifyToken).toHaveBeenCalledOnce()
  })

  test('A-47 a token that no source accepts is invalid', async () => {
    expect(await new MultiAuth({ verifiers: [verifierOf('1'), verifierOf('2')] }).verifyToken('3')).toBeNull()
  })

  test('J-11 a key-bound token is invalid for all sources that do not support it', async () => {
    const key = await newKey()
    const now = () => 1_800_000_000
    const verifier = (dangerouslyAcceptBoundTokensAsBearer: boolean) =>
      new JWTVerifier({ issuer, jwks: { keys: [key.publicJwk] }, now, dangerouslyAcceptBoundTokensAsBearer })
    const bound = await signToken(key, now(), { claims: { cnf: { jkt: 'key-1' } } })
    const careful = new MultiAuth({ verifiers: [verifier(false), verifier(false)] })
    expect(await careful.verifyToken(bound, { resource })).toBeNull()
    const careless = new MultiAuth({ verifiers: [verifier(false), verifier(true)] })
    expect(await careless.verifyToken(bound, { resource })).not.toBeNull()
  })

  test('I-14 A-47 introspection never sees JWTs of another issuer, not even during an outage', async () => {
    const key = await newKey()
    const now = () => 1_800_000_000
    const shown: (string | null)[] = []
    const introspection = new IntrospectionTokenVerifier({
      introspectionUrl: 'https://other.example/introspect',
      issuer: 'https://other.example',
      clientId: 'rs',
      clientSecret: 'secret',
      async fetch(_url, init) {
        shown.push(new URLSearchParams(String(init?.body)).get('token'))
        return Response.json({ active: false })
      },
      now,
    })
    const down = new JWTVerifier({ issuer, now, fetch: () => Promise.reject(new Error('down')) })
    const up = new JWTVerifier({ issuer, now, jwks: { keys: [key.publicJwk] } })
    const token = await signToken(key, now())
    const verify = (verifiers: AuthProviderLike[], one = token) =>
      new MultiAuth({ verifiers }).verifyToken(one, { resource })
    expect(await verify([introspection, up])).not.toBeNull()
    await expect(verify([down, introspection])).rejects.toMatchObject({ status: 503 })
    expect(await verify([down, introspection], 'opaque')).toBeNull()
    expect(shown).toEqual(['opaque'])
  })

  test('A-47 a failing source is reported and does not stop the others', async () => {
    const listen = recorder()
    const cause = new Error('keys are down')
    const auth = new MultiAuth({ verifiers: [broken(cause), verifierOf('2')], onEvent: listen })
    expect((await auth.verifyToken('2'))?.clientId).toBe('client of 2')
    expect(listen.events).toEqual([{ type: 'source.unavailable', source: 'verifier', cause }])
  })

  describe('what is reported of a token', async () => {
    const now = 1_800_000_000
    const key = await newKey()
    const machines = 'https://machines.example.com'
    const machineToken = (claims = {}) => signToken(key, now, { claims: { iss: machines, ...claims } })
    /** Two verifiers that report to one listener. */
    function setUp() {
      const events = recorder()
      const keys = { publicKey: key.publicJwk, audience: resource, now: () => now, onEvent: events }
      const verifiers = [issuer, machines].map((issuer) => new JWTVerifier({ issuer, ...keys }))
      return { events: events.events, verifiers }
    }

    test('no rejection is reported when another source accepts the token', async () => {
      const { events, verifiers } = setUp()
      expect(await new MultiAuth({ verifiers }).verifyToken(await machineToken())).not.toBeNull()
      const within = new RemoteAuthProvider({
        baseUrl: 'https://api.example.com',
        authorizationServers: [machines],
        tokenVerifier: new MultiAuth({ verifiers }),
      })
      expect(await new MultiAuth({ verifiers: [within, verifierOf('3')] }).verifyToken('3')).not.toBeNull()
      expect(events).toEqual([])
    })

    test('O-05 each source reports a rejection under its own name when all reject, even nested ones', async () => {
      const { events, verifiers } = setUp()
      const auth = new MultiAuth({ verifiers: [new MultiAuth({ verifiers }), verifierOf('3')] })
      expect(await auth.verifyToken(await machineToken({ exp: now - 120 }))).toBeNull()
      expect(events).toEqual([
        { type: 'token.rejected', reason: 'issuer', issuer, expected: { issuer } },
        { type: 'token.rejected', reason: 'expired', issuer: machines },
      ])
    })

    test('an outage is not reported as a rejection', async () => {
      const { events, verifiers } = setUp()
      const auth = new MultiAuth({ verifiers: [...verifiers, broken()] })
      await expect(
        auth.verifyToken(await machineToken({ aud: 'https://other.example.com' })),
      ).rejects.toThrow()
      expect(events).toEqual([])
    })
  })

  test('A-47 A-17 an outage of one source is an outage when no other accepts', async () => {
    for (const verifiers of [
      [broken(), verifierOf('2')],
      [verifierOf('2'), broken()],
    ]) {
      const auth = new MultiAuth({ verifiers })
      await expect(auth.verifyToken('3')).rejects.toMatchObject({
        code: 'temporarily_unavailable',
        status: 503,
      })
      const { refusal } = await createBearerGate(auth).authenticate('Bearer 3')
      expect(refusal?.status).toBe(503)
    }
  })

  test('A-47 a source that throws synchronously has failed', async () => {
    const throwing = verifierOf('1', {
      verifyToken: () => {
        throw new Error('at once')
      },
    })
    const auth = new MultiAuth({ verifiers: [throwing, verifierOf('2')] })
    expect(await auth.verifyToken('2')).not.toBeNull()
    await expect(auth.verifyToken('3')).rejects.toMatchObject({ status: 503 })
  })

  test('A-47 a JavaScript source that returns undefined has failed', async () => {
    const sloppy = verifierOf('1', { verifyToken: async () => undefined as unknown as null })
    const auth = new MultiAuth({ verifiers: [sloppy, verifierOf('2')] })
    expect((await auth.verifyToken('2'))?.clientId).toBe('client of 2')
    await expect(auth.verifyToken('3')).rejects.toMatchObject({ status: 503 })
  })

  test('O-12 a failing listener changes no verdict', async () => {
    const onEvent = () => {
      throw new Error('the log is full')
    }
    const auth = new MultiAuth({ verifiers: [broken(), verifierOf('2')], onEvent })
    expect(await auth.verifyToken('2')).not.toBeNull()
  })

  test('A-08 every source gets the resource of the server', async () => {
    const { server, verifyToken } = serverOf('of the server')
    const verifier = verifierOf('2')
    const auth = new MultiAuth({ server, verifiers: verifier })
    auth.setMcpPath('/mcp')
    await auth.verifyToken('2')
    const resource = 'https://api.example.com/mcp'
    expect(verifyToken).toHaveBeenCalledWith('2', expect.objectContaining({ resource }))
    expect(verifier.verifyToken).toHaveBeenCalledWith('2', expect.objectContaining({ resource }))
    const other = 'https://api.example.com/admin'
    await auth.verifyToken('2', { resource: other })
    expect(verifier.verifyToken).toHaveBeenLastCalledWith('2', expect.objectContaining({ resource: other }))
  })

  test('A-08 cached tokens are found for the resource of the server', () => {
    const recall = vi.fn(() => undefined)
    const source = verifierOf('1')
    keepVerdicts(source, source.verifyToken, recall)
    const bound = new MultiAuth({ verifiers: source, baseUrl: 'https://api.example.com' })
    bound.setMcpPath('/mcp')
    recalled(bound, 'x')
    expect(recall).toHaveBeenLastCalledWith('x', { resource: 'https://api.example.com/mcp' })
    recalled(bound, 'x', { resource: 'https://api.example.com/admin' })
    expect(recall).toHaveBeenLastCalledWith('x', { resource: 'https://api.example.com/admin' })
  })
})

describe('the server owns routes, resource and metadata', () => {
  test('setMcpPath reaches all sources', () => {
    const { server } = serverOf('x')
    const verifier = new JWTVerifier({ issuer, baseUrl: 'https://api.example.com' })
    const plain = verifierOf('1')
    const auth = new MultiAuth({ server, verifiers: [verifier, plain] })
    auth.getRoutes('/mcp')
    auth.getWellKnownRoutes('/admin')
    expect(server.mcpPaths).toEqual(['/mcp', '/admin'])
    expect(verifier.mcpPaths).toEqual(['/mcp', '/admin'])
    expect(verifier.resourceUrl).toBe('https://api.example.com/mcp')
  })

  test('metadata names the supported scopes of a verifier', () => {
    const supporting = (...scopesSupported: string[]) => verifierOf('1', { scopesSupported })
    const { server } = serverOf('x', { tokenVerifier: supporting('a', 'b') })
    expect(server.scopesSupported).toEqual(['a', 'b'])
    expect(new MultiAuth({ server, verifiers: supporting('c') }).scopesSupported).toEqual(['a', 'b'])
    const verifiers = [supporting('a'), supporting('a', 'c'), verifierOf('1', { requiredScopes: ['d'] })]
    expect(new MultiAuth({ verifiers }).scopesSupported).toEqual(['d', 'a', 'c'])
  })

  test('setMcpPath reaches the server', () => {
    const { server } = serverOf('x', { baseUrl: 'https://api.example.com/v1' })
    const auth = new MultiAuth({ server })
    const paths = auth.getRoutes('/mcp').map(({ path }) => path)
    expect(paths).toEqual(server.getRoutes().map(({ path }) => path))
    expect(server.mcpPaths).toEqual(['/mcp'])
    expect(auth.mcpPaths).toEqual(['/mcp'])
    expect(auth.resourceUrl).toBe('https://api.example.com/v1/mcp')
    expect(auth.getResourceMetadataUrl()).toBe(
      'https://api.example.com/.well-known/oauth-protected-resource/v1/mcp',
    )
    expect(new Set(auth.getWellKnownRoutes().map(({ path }) => path))).toEqual(
      new Set(server.getWellKnownRoutes().map(({ path }) => path)),
    )
  })

  test('mcpPaths are those of the server', () => {
    const { server } = serverOf('x')
    server.setMcpPath('/mcp')
    expect(new MultiAuth({ server }).resourceUrl).toBe('https://api.example.com/mcp')
  })

  test('there are no routes without a server', async () => {
    const auth = new MultiAuth({ verifiers: verifierOf('1'), baseUrl: 'https://api.example.com' })
    expect(auth.getRoutes('/mcp')).toEqual([])
    expect(auth.getWellKnownRoutes('/mcp')).toEqual([])
    expect(auth.getResourceMetadataUrl('/mcp')).toBeUndefined()
    expect(auth.resourceUrl).toBe('https://api.example.com/mcp')
    expect(auth.mcpPaths).toEqual(['/mcp'])

    const discovered = new MultiAuth({ verifiers: verifierOf('1'), baseUrl: 'https://api.example.com' })
    discovered.getWellKnownRoutes('/mcp')
    expect(discovered.resourceUrl).toBe('https://api.example.com/mcp')
  })

  test('requiredScopes is the union of all sources, unless it is set', () => {
    const { server } = serverOf('x')
    expect(new MultiAuth({ server }).requiredScopes).toEqual(['read'])
    expect(new MultiAuth({ server }).scopesSupported).toEqual(['read'])
    expect(new MultiAuth({ server, requiredScopes: [] }).requiredScopes).toEqual([])
    const more = verifierOf('1', { requiredScopes: ['x', 'read'] })
    expect(new MultiAuth({ verifiers: more }).requiredScopes).toEqual(['x', 'read'])
    const same = verifierOf('1', { requiredScopes: ['read'] })
    expect(new MultiAuth({ server, verifiers: [same, verifierOf('2')] }).requiredScopes).toEqual(['read'])
    expect(new MultiAuth({ server, verifiers: more }).requiredScopes).toEqual(['read', 'x'])
    expect(new MultiAuth({ server, verifiers: more, requiredScopes: ['x'] }).requiredScopes).toEqual(['x'])
    expect(new MultiAuth({ verifiers: verifierOf('1'), requiredScopes: ['y'] }).scopesSupported).toEqual([
      'y',
    ])
  })

  test.each<[string, string[] | undefined, string[][], string[][] | undefined]>([
    ['each what it requires', ['read'], [['svc:call'], ['x', 'y']], [['read'], ['svc:call'], ['x', 'y']]],
    ['what the server requires', ['read'], [[], ['svc:call']], [['read'], ['read'], ['svc:call']]],
    ['nothing if it is the server and requires nothing', [], [['svc:call'], []], [[], ['svc:call'], []]],
    ['what all others require where no server is', undefined, [['a'], [], ['b']], [['a'], ['a', 'b'], ['b']]],
    ['all of one list if they agree', ['a', 'b'], [['b', 'a'], []], undefined],
    ['nothing if none requires anything', [], [[], []], undefined],
  ])('A-52 the tokens of a source need %s', (_name, ofServer, ofVerifiers, expected) => {
    const options = { tokenVerifier: verifierOf('x', { requiredScopes: ofServer ?? [] }) }
    const server = ofServer === undefined ? undefined : serverOf('x', options).server
    const verifiers = ofVerifiers.map((requiredScopes) => verifierOf('1', { requiredScopes }))
    const auth = new MultiAuth({ server, verifiers })
    expect(auth.requiredScopesOfSources).toEqual(expected)
    // Who does not know the source asks for all of it.
    expect(new Set(auth.requiredScopes)).toEqual(new Set([...(ofServer ?? []), ...ofVerifiers.flat()]))
    expect(new MultiAuth({ server, verifiers, requiredScopes: [] })).toMatchObject({
      requiredScopes: [],
      requiredScopesOfSources: undefined,
    })
  })

  test('A-52 nested sources keep their required scopes', async () => {
    const grant = (scopes: string[]) => async (token: string) =>
      token.startsWith(scopes.join()) ? new AccessToken({ token, clientId: 'c', scopes: [token] }) : null
    const source = (...requiredScopes: string[]) =>
      verifierOf('', { requiredScopes, verifyToken: grant(requiredScopes) })
    const inner = new MultiAuth({ verifiers: [source('b'), source('c')] })
    const auth = new MultiAuth({ verifiers: [source('a'), serverOf('', { tokenVerifier: inner }).server] })
    expect(auth.requiredScopesOfSources).toEqual([['a'], ['b'], ['c']])
    const gate = createBearerGate(auth)
    for (const scope of ['a', 'b', 'c']) {
      expect(await gate.authenticate(`Bearer ${scope}`)).toMatchObject({ accessToken: { scopes: [scope] } })
      const { refusal } = await gate.authenticate(`Bearer ${scope}-but-not-quite`)
      expect(refusal?.status).toBe(403)
      expect(refusal?.headers['www-authenticate']).toContain(`scope="${scope}"`)
    }
  })

  test('A-52 a wrapper that drops reportRequired needs the scopes of all sources', async () => {
    const grant = async (token: string) => new AccessToken({ token, clientId: 'c', scopes: token.split('+') })
    const verifiers = [
      verifierOf('', { requiredScopes: ['read'] }),
      verifierOf('', { requiredScopes: ['call'], verifyToken: grant }),
    ]
    class Deaf extends MultiAuth {
      override verifyToken(token: string) {
        return super.verifyToken(token)
      }
    }
    class Liar extends MultiAuth {
      override async verifyToken(token: string, options: VerifyTokenOptions = {}) {
        const accessToken = await super.verifyToken(token, options)
        options.reportRequired?.([])
        return accessToken
      }
    }
    for (const auth of [new Deaf({ verifiers }), new Liar({ verifiers })]) {
      const gate = createBearerGate(auth)
      expect(await gate.authenticate('Bearer call')).toMatchObject({ refusal: { status: 403 } })
      expect(await gate.authenticate('Bearer read+call')).toMatchObject({
        accessToken: { clientId: 'c' },
      })
    }
  })

  describe('which scopes include others', () => {
    const implies = (granted: string) => granted === 'admin'
    const ofService = (granted: string, required: string) =>
      granted === 'svc:*' && required.startsWith('svc:')
    /** Reads a token such as `own=admin+read`, which names its source and its scopes. */
    const bearer = (said: string) => Buffer.from(said).toString('base64url')
    const readBy = (name: string, token: string) => {
      const [source, scopes = ''] = Buffer.from(token, 'base64url').toString().split('=')
      return source === name
        ? new AccessToken({ token, clientId: name, scopes: scopes.split('+') })
        : undefined
    }
    const source = (name: string, members: Partial<AuthProviderLike> = {}) =>
      verifierOf('', {
        ...members,
        verifyToken: async (token) => readBy(name, token) ?? null,
      })
    /** The same with a memory. */
    const known = (name: string, members: Partial<AuthProviderLike> = {}) => {
      const one = source(name, members)
      keepVerdicts(one, one.verifyToken, (token) => readBy(name, token))
      return one
    }
    const serverWith = (members: Partial<AuthProviderLike>, make = source) =>
      serverOf('', { tokenVerifier: make('own', members) }).server
    const gateOf = (auth: AuthProviderLike, options: BearerGateOptions = {}) =>
      createBearerGate(auth, { mcpPath: '/mcp', ...options })
    type Gate = ReturnType<typeof createBearerGate>
    const statusOf = async (gate: Gate, token: string) =>
      (await gate.authenticate(`Bearer ${bearer(token)}`)).refusal?.status ?? 200

    describe.each([
      ['new', source],
      ['known', known],
    ])('for a %s token', (_name, make) => {
      const server = () => serverWith({ requiredScopes: ['read'], impliesScope: implies }, make)
      const service = () => make('svc', { requiredScopes: ['svc:call'], impliesScope: ofService })
      const silent = () => make('other', { requiredScopes: [] })

      test.each<[string, number]>([
        ['own=admin', 200],
        ['own=svc:*', 403],
        ['svc=svc:*', 200],
        ['svc=svc:call', 200],
        ['svc=admin', 403],
        // It needs the scopes of the server, and has no impliesScope.
        ['other=read', 200],
        ['other=admin', 403],
      ])('A-25 only the impliesScope of its source applies: %s gets %i', async (token, status) => {
        const auth = new MultiAuth({ server: server(), verifiers: [service(), silent()] })
        expect(await statusOf(gateOf(auth), token)).toBe(status)
        const within = [
          new MultiAuth({ verifiers: [make('none'), auth] }),
          new MultiAuth({ server: serverOf('', { tokenVerifier: auth }).server, verifiers: make('none') }),
        ]
        for (const outer of within) expect(await statusOf(gateOf(outer), token)).toBe(status)
      })

      test.each<[string, number]>([
        ['own=admin', 200],
        ['other=read', 200],
        ['other=admin', 403],
      ])(
        'A-25 the impliesScope of its source applies even if all require the same: %s gets %i',
        async (token, status) => {
          const auth = new MultiAuth({ server: server(), verifiers: silent() })
          expect(await statusOf(gateOf(auth), token)).toBe(status)
          const all = new MultiAuth({
            server: server(),
            verifiers: [service(), silent()],
            requiredScopes: ['read'],
          })
          expect(await statusOf(gateOf(all), token)).toBe(status)
          const ofGate = new MultiAuth({ server: server(), verifiers: [service(), silent()] })
          expect(await statusOf(gateOf(ofGate, { scopes: ['read'] }), token)).toBe(status)
        },
      )

      test('A-25 impliesScope of MultiAuth applies to all sources', async () => {
        const own = (granted: string) => granted === 'root'
        const auth = new MultiAuth({ server: server(), verifiers: [service(), silent()], impliesScope: own })
        const gate = gateOf(auth)
        for (const name of ['own', 'svc', 'other']) {
          expect(await statusOf(gate, `${name}=root`)).toBe(200)
          expect(await statusOf(gate, `${name}=admin`)).toBe(403)
          expect(await statusOf(gate, `${name}=svc:*`)).toBe(403)
        }
      })

      test.each<[string, number]>([
        ['own=admin', 200],
        ['own=read', 403],
        // It has what another source requires, too, and is still the server's.
        ['own=admin+svc:call', 200],
        ['svc=svc:call', 403],
        ['svc=svc:call+admin', 403],
        ['svc=svc:call+write', 200],
        ['other=read+admin', 403],
        ['other=read+write', 200],
      ])(
        'A-25 A-24 the impliesScope of its source applies to operations: %s gets %i',
        async (token, status) => {
          const gates = [{}, { scopes: [] }].map((options) =>
            gateOf(new MultiAuth({ server: server(), verifiers: [service(), silent()] }), options),
          )
          for (const gate of gates) {
            const { accessToken } = await gate.authenticate(`Bearer ${bearer(token)}`)
            expect(accessToken).toBeDefined()
            expect(gate.refuseMissingScopes(accessToken, ['write'])?.status ?? 200).toBe(status)
          }
        },
      )
    })

    test('A-25 a token of an unknown source must satisfy every possible source', async () => {
      const server = serverWith({ requiredScopes: ['read'], impliesScope: implies })
      const auth = new MultiAuth({ server, verifiers: source('svc', { requiredScopes: ['svc:call'] }) })
      const asks = toSdkScopeChallenge(auth, ['write'])
      expect(asks({ authInfo: { scopes: ['admin'] } })).toBeUndefined()
      expect(asks({ authInfo: { scopes: ['svc:call', 'admin'] } })).toBeDefined()
      expect(asks({ authInfo: { scopes: ['svc:call', 'write'] } })).toBeUndefined()
      const gate = gateOf(auth)
      const copy = (scopes: string[]) => ({ scopes, clientId: 'c' })
      expect(gate.refuseMissingScopes(copy(['admin']), ['write'])).toBeUndefined()
      expect(gate.refuseMissingScopes(copy(['svc:call', 'admin']), ['write'])?.status).toBe(403)
    })

    test('A-25 a scope that one source can imply can be required', () => {
      const admins = source('own', { impliesScope: implies, grantableScopes: ['admin'] })
      const other = source('other', { grantableScopes: [] })
      const auth = new MultiAuth({ verifiers: [admins, other] })
      expect(() => gateOf(auth, { scopes: ['read'] })).not.toThrow()
    })

    test('A-25 impliesScope of an outer provider applies', async () => {
      const tokenVerifier = new MultiAuth({
        verifiers: [
          source('own', { requiredScopes: ['read'], impliesScope: implies }),
          source('svc', { requiredScopes: ['svc:call'] }),
        ],
      })
      const gate = gateOf(serverOf('', { tokenVerifier, impliesScope: ofService }).server)
      expect(await statusOf(gate, 'own=admin')).toBe(403)
      expect(await statusOf(gate, 'svc=svc:*')).toBe(200)
    })

    test('A-25 impliesScope of MultiAuth is that of all sources if they share one', () => {
      const spoken = source('1', { impliesScope: implies })
      expect(new MultiAuth({ verifiers: spoken })).toMatchObject({
        impliesScope: implies,
        impliesScopeOfSources: undefined,
      })
      expect(
        new MultiAuth({ verifiers: [spoken, source('2', { impliesScope: implies })] }).impliesScope,
      ).toBe(implies)
      expect(new MultiAuth({ verifiers: [spoken, source('2')] })).toMatchObject({
        impliesScope: undefined,
        impliesScopeOfSources: [implies, undefined],
      })
      const { server } = serverOf('x', { impliesScope: implies })
      expect(new MultiAuth({ server, verifiers: source('2') }).impliesScope).toBeUndefined()
      const own = () => false
      expect(new MultiAuth({ server, verifiers: source('2'), impliesScope: own })).toMatchObject({
        impliesScope: own,
        impliesScopeOfSources: undefined,
      })
    })

    test.each([
      ['new', source],
      ['known', known],
    ])(
      'A-52 a nested source without required scopes needs those of the server: a %s token',
      async (_name, make) => {
        const inner = new MultiAuth({
          server: serverWith({ requiredScopes: [] }, make),
          verifiers: make('a', { requiredScopes: ['a'] }),
        })
        const outer = new MultiAuth({ server: serverOf('').server, verifiers: inner })
        expect(outer.requiredScopesOfSources).toEqual([['read'], ['read'], ['a']])
        expect(await statusOf(gateOf(outer), 'own=x')).toBe(403)
        expect(await statusOf(gateOf(outer), 'own=read')).toBe(200)
        expect(await statusOf(gateOf(outer), 'a=a')).toBe(200)
        const asServer = new MultiAuth({ server: inner, verifiers: make('b', { requiredScopes: ['b'] }) })
        expect(asServer.requiredScopesOfSources).toEqual([['a'], ['a'], ['b']])
        expect(await statusOf(gateOf(asServer), 'own=x')).toBe(403)
        expect(await statusOf(gateOf(asServer), 'own=a')).toBe(200)
        expect(await statusOf(gateOf(asServer), 'b=b')).toBe(200)
      },
    )
  })

  test('the URL of the resources is the server’s, or the one that is given where there is none', () => {
    const urls = { baseUrl: 'https://auth.example.com', resourceBaseUrl: 'https://api.example.com' }
    expect(new MultiAuth({ verifiers: verifierOf('1'), ...urls }).getResourceUrl('/mcp')).toBe(
      'https://api.example.com/mcp',
    )
    const { server } = serverOf('x', urls)
    expect(new MultiAuth({ server }).getResourceUrl('/mcp')).toBe('https://api.example.com/mcp')
    const insecure = { baseUrl: 'http://api.internal', dangerouslyAllowInsecureUrls: true }
    expect(new MultiAuth({ server: serverOf('x', insecure).server }).baseUrl).toBe('http://api.internal')
  })

  test('challenges spell scopes as the server or the only verifier does', () => {
    const spelled = (prefix: string) =>
      verifierOf('1', { getChallengeScopes: (required = []) => required.map((scope) => prefix + scope) })
    expect(new MultiAuth({ verifiers: [spelled('a:')] }).getChallengeScopes(['x'])).toEqual(['a:x'])
    expect(new MultiAuth({ verifiers: [spelled('a:'), spelled('b:')] }).getChallengeScopes(['x'])).toEqual([
      'x',
    ])
    const { server } = serverOf('x')
    expect(new MultiAuth({ server, verifiers: [spelled('a:')] }).getChallengeScopes(['x'])).toEqual(['x'])
    const machines = { ...spelled('m:'), requiredScopes: ['svc:call'] }
    const both = new MultiAuth({ server, verifiers: machines })
    expect(both.getChallengeScopes(['svc:call'])).toEqual(['m:svc:call'])
    expect(both.getChallengeScopes(['read', 'svc:call'])).toEqual(['read', 'svc:call'])
    expect(both.challengeScopes).toEqual(['read'])
  })
})

describe('wrong options', () => {
  test('MultiAuth throws without a source', () => {
    expect(() => new MultiAuth({})).toThrow('"server" or "verifiers" must be set')
    expect(() => new MultiAuth({ verifiers: [] })).toThrow(TypeError)
  })

  test.each<keyof MultiAuthOptions>(['baseUrl', 'resourceBaseUrl'])(
    '%s beside a server is refused: there would be two answers',
    (option) => {
      const { server } = serverOf('x')
      const construct = () => new MultiAuth({ server, [option]: 'https://other.example.com' })
      expect(construct).toThrow(TypeError)
      expect(construct).toThrow(`"${option}"`)
    },
  )

  test('MultiAuth checks baseUrl', () => {
    const construct = () => new MultiAuth({ verifiers: verifierOf('1'), baseUrl: 'http://api.example.com' })
    expect(construct).toThrow(/"baseUrl" must be an https URL/)
  })
})
