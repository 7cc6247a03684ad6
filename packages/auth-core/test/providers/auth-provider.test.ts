import { describe, expect, test } from 'vitest'
import { AccessToken } from '../../src/contract/access-token.js'
import { createBearerGate } from '../../src/gate/create-bearer-gate.js'
import { AuthProvider } from '../../src/providers/auth-provider.js'
import type { AuthProviderOptions } from '../../src/providers/provider-options.js'
import { TokenVerifier } from '../../src/token-verification/token-verifier.js'

class OneToken extends AuthProvider {
  override async verifyToken(token: string, { resource }: { resource?: string | undefined } = {}) {
    return token === 'good' ? new AccessToken({ token, clientId: 'client-1', scopes: ['a'], resource }) : null
  }
}

const baseUrl = 'https://api.example.com'

describe('binding to a path', () => {
  test('a provider without a path has no resource and no gate', () => {
    const provider = new OneToken({ baseUrl })
    expect(provider.resourceUrl).toBeUndefined()
    expect(provider.mcpPaths).toEqual([])
    expect(() => createBearerGate(provider)).toThrow(/does not know its MCP path yet/)
    expect(() => provider.getMiddleware()).toThrow(TypeError)
  })

  test('an unset path is different from the root', () => {
    const provider = new OneToken({ baseUrl })
    provider.setMcpPath(null)
    expect(provider.mcpPaths).toEqual([null])
    expect(provider.resourceUrl).toBe(baseUrl)
    expect(() => createBearerGate(provider)).not.toThrow()
  })

  test('all spellings of the root are one path', () => {
    const provider = new OneToken({ baseUrl })
    for (const root of [null, '', '/']) provider.setMcpPath(root)
    expect(provider.mcpPaths).toEqual([null])
  })

  test('getRoutes sets the path', () => {
    const provider = new OneToken({ baseUrl })
    expect(provider.getRoutes()).toEqual([])
    expect(provider.mcpPaths).toEqual([])
    expect(provider.getRoutes('/mcp')).toEqual([])
    expect(provider.getWellKnownRoutes('/admin')).toEqual([])
    expect(provider.mcpPaths).toEqual(['/mcp', '/admin'])
  })

  test('the first of several paths is the default, and gates name theirs', () => {
    const provider = new OneToken({ baseUrl })
    for (const path of ['/mcp', '/admin', '/mcp']) provider.setMcpPath(path)
    expect(provider.mcpPaths).toEqual(['/mcp', '/admin'])
    expect(provider.resourceUrl).toBe(`${baseUrl}/mcp`)
    expect(provider.getResourceUrl('/admin')).toBe(`${baseUrl}/admin`)
    expect(() => createBearerGate(provider)).toThrow(/several MCP paths/)
    expect(() => createBearerGate(provider, { mcpPath: '/admin' })).not.toThrow()
  })

  test('a leading slash makes no difference to a path', () => {
    const provider = new OneToken({ baseUrl })
    provider.setMcpPath('mcp')
    provider.setMcpPath('/mcp')
    expect(provider.mcpPaths).toEqual(['/mcp'])
    expect(() => createBearerGate(provider)).not.toThrow()
  })

  test('resourceBaseUrl is the base of resources', () => {
    const provider = new OneToken({ baseUrl: 'https://auth.example.com/x', resourceBaseUrl: baseUrl })
    provider.setMcpPath('/mcp')
    expect(provider.resourceUrl).toBe(`${baseUrl}/mcp`)
  })

  test('a verifier without a URL has no resource', () => {
    const provider = new OneToken()
    provider.setMcpPath('/mcp')
    expect(provider.resourceUrl).toBeUndefined()
    expect(provider.getResourceMetadataUrl('/mcp')).toBeUndefined()
    expect(() => createBearerGate(provider)).not.toThrow()
  })
})

describe('scopes', () => {
  test('metadata and challenges name the required scopes', () => {
    const provider = new OneToken({ requiredScopes: ['a', 'b', 'a'] })
    expect(provider.requiredScopes).toEqual(['a', 'b'])
    expect(provider.scopesSupported).toEqual(['a', 'b'])
    expect(provider.challengeScopes).toEqual(['a', 'b'])
    expect(provider.getChallengeScopes(['c'])).toEqual(['c'])
  })

  test('later changes of the list do not change the required scopes', () => {
    const requiredScopes = ['a']
    const provider = new OneToken({ requiredScopes })
    requiredScopes.push('b')
    expect(provider.requiredScopes).toEqual(['a'])
    expect(() => (provider.requiredScopes as string[]).push('b')).toThrow(TypeError)
  })
})

describe('middleware over web requests', () => {
  function setUp() {
    const provider = new OneToken({ baseUrl, requiredScopes: ['a'] })
    provider.setMcpPath('/mcp')
    const [middleware] = provider.getMiddleware()
    const seen: (AccessToken | undefined)[] = []
    const send = (headers: Record<string, string>) =>
      middleware?.(new Request(`${baseUrl}/mcp`, { headers }), async (_request, accessToken) => {
        seen.push(accessToken)
        return new Response('served')
      })
    return { seen, send }
  }

  test('A-31 the handler is called only with a valid token', async () => {
    const { seen, send } = setUp()
    expect((await send({}))?.status).toBe(401)
    expect((await send({ authorization: 'Bearer bad' }))?.status).toBe(401)
    expect(seen).toEqual([])
  })

  test('A-08 the handler gets the token, verified for the resource', async () => {
    const { seen, send } = setUp()
    expect(await (await send({ authorization: 'Bearer good' }))?.text()).toBe('served')
    expect(seen).toMatchObject([{ clientId: 'client-1', resource: new URL(`${baseUrl}/mcp`) }])
  })

  test('A-48 allowed anonymous requests reach the handler', async () => {
    const provider = new OneToken({ baseUrl })
    provider.setMcpPath('/mcp')
    const [middleware] = provider.getMiddleware({ dangerouslyAllowAnonymousEverything: true })
    const seen: (AccessToken | undefined)[] = []
    const send = async (headers: Record<string, string>) =>
      middleware?.(new Request(`${baseUrl}/mcp`, { headers }), async (_request, accessToken) => {
        seen.push(accessToken)
        return new Response('served')
      })
    expect((await send({}))?.headers.get('vary')).toBe('Authorization, Origin')
    expect((await send({ authorization: 'Bearer bad' }))?.status).toBe(401)
    expect(seen).toEqual([undefined])
  })

  test('A-28 a token in the query is ignored', async () => {
    const provider = new OneToken({ baseUrl })
    provider.setMcpPath('/mcp')
    const [middleware] = provider.getMiddleware()
    const request = new Request(`${baseUrl}/mcp?access_token=good`, { method: 'POST' })
    expect((await middleware?.(request, async () => new Response()))?.status).toBe(401)
  })
})

test('a verifier has no routes and no metadata', () => {
  class Verifier extends TokenVerifier {
    override async verifyToken() {
      return null
    }
  }
  const verifier = new Verifier({ baseUrl })
  expect(verifier.getRoutes('/mcp')).toEqual([])
  expect(verifier.getResourceMetadataUrl('/mcp')).toBeUndefined()
})

test.each<[string, AuthProviderOptions]>([
  ['baseUrl', { baseUrl: '' }],
  ['baseUrl', { baseUrl: 'http://api.example.com' }],
  ['resourceBaseUrl', { resourceBaseUrl: '/mcp' }],
  ['requiredScopes', { requiredScopes: ['a b'] }],
  ['requiredScopes', { requiredScopes: [''] }],
  ['requiredScopes', { requiredScopes: 'a' as unknown as string[] }],
])('L-01 %s: %j is a TypeError that names the option', (option, options) => {
  expect(() => new OneToken(options)).toThrow(TypeError)
  expect(() => new OneToken(options)).toThrow(`"${option}"`)
})
