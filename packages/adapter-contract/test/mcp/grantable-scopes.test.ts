import {
  type AccessToken,
  type AuthProviderLike,
  type BearerGateOptions,
  JWTVerifier,
  MultiAuth,
  memoryStore,
  OAuthProvider,
  RemoteAuthProvider,
  requireBearerAuth,
  StaticTokenVerifier,
  toSdkScopeChallenge,
  type VerifyTokenOptions,
} from '@tollgate/auth-core'
import { createBearerGate } from '@tollgate/auth-core/adapter'
import * as forExpress from '@tollgate/auth-express'
import * as forFastify from '@tollgate/auth-fastify'
import * as forHono from '@tollgate/auth-hono'
import { describe, expect, test, vi } from 'vitest'
import { hosts as allHosts } from '../harness/hosts.js'
import { notesProvider } from '../harness/notes-app.js'
import { callMcp } from '../harness/oauth-driver.js'

const origin = 'https://notes.example'
const issuer = 'https://issuer.example'

function bound<Provider extends { setMcpPath(path: string | null): void }>(provider: Provider): Provider {
  provider.setMcpPath('/mcp')
  return provider
}

const notes = (options: Parameters<typeof notesProvider>[1] = {}) => bound(notesProvider(origin, options))

/** Its tokens have scopes that the server does not know. */
class OwnProvider extends OAuthProvider {
  override async verifyToken(token: string, options?: VerifyTokenOptions): Promise<AccessToken | null> {
    return super.verifyToken(token, options)
  }
}

const known = 'which is not in "scopesSupported" (notes:read, notes:write)'

describe('A-81 a scope that cannot be granted is a TypeError that names it and the valid scopes', () => {
  test.each<[string, (provider: OAuthProvider, options: BearerGateOptions) => unknown]>([
    ['the core', requireBearerAuth],
    ['Express', forExpress.requireBearerAuth],
    ['Fastify', forFastify.requireBearerAuth],
    ['Hono', forHono.requireBearerAuth],
  ])('a scope that cannot be granted is refused in the gate of %s', (_name, gate) => {
    expect(() => gate(notes(), { scopes: ['notes:read', 'notes:wrote'] })).toThrow(
      new TypeError(`requireBearerAuth: "scopes" needs "notes:wrote", ${known}. Did you mean "notes:write"?`),
    )
    expect(() => gate(notes(), { scopes: ['notes:read', 'notes:write'] })).not.toThrow()
  })

  test('a scope that cannot be granted is refused in the hook of SDK v2', () => {
    expect(() => toSdkScopeChallenge(notes(), ['admin'])).toThrow(
      new TypeError(
        `toSdkScopeChallenge: "scopes" needs "admin", ${known}. Add it to "scopesSupported", or remove it here.`,
      ),
    )
    expect(() => toSdkScopeChallenge(notes(), ['notes:write'])).not.toThrow()
  })

  test('a scope that cannot be granted is refused in a table of tool scopes at the first call', () => {
    const gate = createBearerGate(notes())
    const initialize = { jsonrpc: '2.0', id: 1, method: 'initialize' }
    const message = `requireToolScopes: the tool "add_note" needs "notes:wrote", ${known}. Did you mean "notes:write"?`
    const misspelled = { list_notes: ['notes:read'], add_note: ['notes:wrote'] }

    for (let request = 1; request <= 2; request += 1) {
      expect(() => gate.refuseToolCalls(undefined, 'POST', initialize, misspelled)).toThrow(
        new TypeError(message),
      )
    }
    expect(gate.refuseToolCalls(undefined, 'POST', initialize, { add_note: ['notes:write'] })).toBeUndefined()
  })

  test('a scope that cannot be granted is refused where a MultiAuth requires it', () => {
    const provider = bound(new MultiAuth({ server: notes(), requiredScopes: ['admin'] }))

    expect(() => requireBearerAuth(provider)).toThrow(
      /^requireBearerAuth: "requiredScopes" needs "admin", which is not in "scopesSupported"/,
    )
  })

  test('a scope that cannot be granted is refused among the default scopes', () => {
    expect(() => notes({ defaultScopes: ['note:read'] })).toThrow(
      new TypeError(`OAuthProvider: "defaultScopes" names "note:read", ${known}. Did you mean "notes:read"?`),
    )
  })

  test('a scope that cannot be granted is refused among the described scopes', () => {
    expect(() => notes({ scopeDescriptions: { 'notes:raed': 'read your notes' } })).toThrow(
      new TypeError(
        `OAuthProvider: "scopeDescriptions" describes "notes:raed", ${known}. Did you mean "notes:read"?`,
      ),
    )
  })

  test('a required scope is refused on a server without scopes', () => {
    const provider = notes({ scopesSupported: [], requiredScopes: [] })

    expect(() => requireBearerAuth(provider, { scopes: ['admin'] })).toThrow(
      /which is not in "scopesSupported" \(which has none\)/,
    )
  })
})

const verifier = new JWTVerifier({ issuer })
const remote = { baseUrl: origin, authorizationServers: [issuer], scopesSupported: ['notes:read'] }

test.each<[string, AuthProviderLike]>([
  ['a scope that a granted one implies', notes({ impliesScope: (granted) => granted === 'notes:write' })],
  [
    'any scope while impliesScope fails',
    notes({
      impliesScope: () => {
        throw new Error('not ready')
      },
    }),
  ],
  ['any scope of an issuer elsewhere', bound(new RemoteAuthProvider({ ...remote, tokenVerifier: verifier }))],
  [
    'any scope if another source has its issuer elsewhere',
    bound(new MultiAuth({ server: notes(), verifiers: verifier })),
  ],
  [
    'any scope of a subclass that decides itself',
    bound(
      new OwnProvider({
        baseUrl: origin,
        scopesSupported: ['notes:read'],
        store: memoryStore(),
        signIn: () => ({ subject: 'alice' }),
      }),
    ),
  ],
  [
    'any scope of an object of the same shape',
    { requiredScopes: [], resourceUrl: `${origin}/mcp`, verifyToken: async () => null },
  ],
])('a gate may require %s', (_name, provider) => {
  expect(() => requireBearerAuth(provider, { scopes: ['admin'] })).not.toThrow()
})

/** Knows the scopes that its tokens can have. */
class KnowingVerifier extends StaticTokenVerifier {
  override get grantableScopes(): readonly string[] {
    return ['notes:read', 'notes:write']
  }
}

describe.each(allHosts.filter(({ name }) => name !== 'fetch'))('$name', ({ start }) => {
  async function serve(toolScopes: Readonly<Record<string, readonly string[]>>) {
    const calls: string[] = []
    const tokenVerifier = new KnowingVerifier({
      tokens: { reader: { clientId: 'client-1', scopes: ['notes:read'] } },
    })
    const host = await start((baseUrl) => ({
      provider: new RemoteAuthProvider({ baseUrl, tokenVerifier, authorizationServers: [issuer] }),
      toolScopes,
      onCall: (token) => calls.push(token),
    }))
    return { host, calls }
  }

  test('A-81 a tool that needs a scope that cannot be granted fails every request', async () => {
    const { host, calls } = await serve({ add_note: ['notes:wrote'] })
    // Hono prints errors of handlers. The other frameworks pass them to the response.
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
    try {
      const call = (method: string) =>
        callMcp(host.origin, 'reader', { body: JSON.stringify({ jsonrpc: '2.0', id: 1, method }) })
      expect((await call('initialize')).status).toBe(500)
      expect((await call('tools/call')).status).toBe(500)
      expect(calls).toEqual([])
      for (const [error] of printed.mock.calls) expect(String(error)).toContain('"notes:wrote"')
    } finally {
      printed.mockRestore()
      await host.close()
    }
  })
})
