import { describe, expect, test, vi } from 'vitest'
import { keepVerdicts } from '../../src/contract/verdict-memory.js'
import { createBearerGate } from '../../src/gate/create-bearer-gate.js'
import { dispatch } from '../../src/http/route.js'
import {
  RemoteAuthProvider,
  type RemoteAuthProviderOptions,
} from '../../src/providers/remote-auth-provider.js'
import { recalled } from '../harness/recalled.js'
import { verifierOf } from '../harness/verifiers.js'

function providerOf(options: Partial<RemoteAuthProviderOptions> = {}): RemoteAuthProvider {
  return new RemoteAuthProvider({
    baseUrl: 'https://api.example.com',
    authorizationServers: ['https://auth.example.com'],
    tokenVerifier: verifierOf('good', { requiredScopes: ['read'] }),
    ...options,
  })
}

async function get(provider: RemoteAuthProvider, path: string, init?: RequestInit) {
  const response = await dispatch(provider.getRoutes(), new Request(`https://internal${path}`, init))
  return response === undefined ? undefined : { response, body: await response.text() }
}

const prm = '/.well-known/oauth-protected-resource'

/** What FastMCP publishes for the same options, but for the operator's exact strings and no slash at the root. */
describe('paths', () => {
  test.each<[string, string | undefined, string | null, string, string]>([
    ['https://api.example.com', undefined, '/mcp', '/mcp', 'https://api.example.com/mcp'],
    ['https://api.example.com/', undefined, '/mcp', '/mcp', 'https://api.example.com/mcp'],
    ['https://api.example.com', undefined, 'mcp', '/mcp', 'https://api.example.com/mcp'],
    ['https://api.example.com', undefined, '/mcp/', '/mcp', 'https://api.example.com/mcp/'],
    ['https://api.example.com', undefined, null, '', 'https://api.example.com'],
    ['https://api.example.com', undefined, '/', '', 'https://api.example.com'],
    ['https://api.example.com/', undefined, null, '', 'https://api.example.com'],
    ['https://api.example.com/v1', undefined, null, '/v1', 'https://api.example.com/v1'],
    ['https://api.example.com/v1/', undefined, null, '/v1', 'https://api.example.com/v1'],
    ['https://api.example.com/v1/', undefined, '/mcp', '/v1/mcp', 'https://api.example.com/v1/mcp'],
    [
      'https://api.example.com',
      undefined,
      '/api/v1/mcp',
      '/api/v1/mcp',
      'https://api.example.com/api/v1/mcp',
    ],
    ['https://auth.example.com/x', 'https://api.example.com', '/mcp', '/mcp', 'https://api.example.com/mcp'],
    ['https://api.example.com:443', undefined, '/mcp', '/mcp', 'https://api.example.com:443/mcp'],
    ['https://API.example.com', undefined, '/mcp', '/mcp', 'https://API.example.com/mcp'],
    ['http://localhost:3001', undefined, '/mcp', '/mcp', 'http://localhost:3001/mcp'],
  ])(
    'A-34 A-35 L-19 base %s, resource base %s, path %s: metadata at %s, for %s',
    async (baseUrl, resourceBaseUrl, mcpPath, suffix, resource) => {
      const provider = providerOf({ baseUrl, resourceBaseUrl })
      provider.setMcpPath(mcpPath)

      expect(provider.resourceUrl).toBe(resource)
      expect(provider.getResourceMetadataUrl()).toBe(`${new URL(resource).origin}${prm}${suffix}`)
      for (const path of [prm + suffix, `${prm}${suffix}/`]) {
        const found = await get(provider, path)
        expect(found?.response.status).toBe(200)
        expect(JSON.parse(found?.body ?? '')).toEqual({
          resource,
          authorization_servers: ['https://auth.example.com'],
          scopes_supported: ['read'],
          bearer_methods_supported: ['header'],
        })
      }
    },
  )

  test('RemoteAuthProvider refuses a base URL with a query', () => {
    expect(() => providerOf({ baseUrl: 'https://api.example.com/?x=1' })).toThrow(/"baseUrl"/)
  })

  test('A-40 there is no metadata of other paths', async () => {
    const provider = providerOf()
    provider.setMcpPath('/mcp')
    expect(await get(provider, `${prm}/nope`)).toBeUndefined()
    expect(await get(provider, `${prm}/mcp/deeper`)).toBeUndefined()
  })

  test('A-34 the metadata of a single resource is also at the root; of several, each is only at its path', async () => {
    const only = providerOf()
    only.setMcpPath('/mcp')
    expect(JSON.parse((await get(only, prm))?.body ?? '')).toMatchObject({
      resource: 'https://api.example.com/mcp',
    })

    const several = providerOf()
    several.setMcpPath('/mcp')
    several.setMcpPath('/admin')
    const routes = [...several.getRoutes('/mcp'), ...several.getRoutes('/admin')]
    const metadataAt = async (path: string) =>
      (await dispatch(routes, new Request(`https://internal${path}`)))?.json()
    expect(await metadataAt(`${prm}/mcp`)).toMatchObject({ resource: 'https://api.example.com/mcp' })
    expect(await metadataAt(`${prm}/admin`)).toMatchObject({ resource: 'https://api.example.com/admin' })
    expect(await metadataAt(prm)).toBeUndefined()
  })

  test.each([
    ['a base URL with a path', { baseUrl: 'https://api.example.com/v1' }, undefined],
    ['a resource base URL with a path', { resourceBaseUrl: 'https://api.example.com/v1/' }, undefined],
    [
      'a base URL with a path, and a resource base URL without one',
      { baseUrl: 'https://api.example.com/auth', resourceBaseUrl: 'https://api.example.com' },
      'https://api.example.com/mcp',
    ],
  ])('A-34 the metadata stays away from the root of a shared origin: %s', async (_name, options, atRoot) => {
    const provider = providerOf(options)
    provider.setMcpPath('/mcp')
    const found = await get(provider, prm)
    expect(found === undefined ? undefined : JSON.parse(found.body).resource).toBe(atRoot)
    const own = await get(provider, new URL(provider.getResourceMetadataUrl() ?? '').pathname)
    expect(JSON.parse(own?.body ?? '')).toMatchObject({ resource: provider.resourceUrl })
  })

  test('getRoutes throws without a path', () => {
    expect(() => providerOf().getRoutes()).toThrow(/getRoutes must know the MCP path/)
    expect(() => providerOf().getRoutes(null)).not.toThrow()
  })

  test('getWellKnownRoutes leaves out the preflight of the MCP endpoint', () => {
    const provider = providerOf({ baseUrl: 'https://api.example.com/v1' })
    const paths = (routes: readonly { path: string }[]) => new Set(routes.map(({ path }) => path))
    expect(paths(provider.getRoutes('/mcp'))).toEqual(
      new Set([`${prm}/v1/mcp`, `${prm}/v1/mcp/`, '/v1/mcp', '/v1/mcp/']),
    )
    expect(paths(provider.getWellKnownRoutes())).toEqual(new Set([`${prm}/v1/mcp`, `${prm}/v1/mcp/`]))
  })
})

describe('the document', () => {
  test('A-36 metadata names the issuers byte for byte, preferred first', async () => {
    const authorizationServers = ['https://b.example/', 'https://A.example', 'https://c.example/tenant/']
    const provider = providerOf({ authorizationServers })
    provider.setMcpPath('/mcp')
    expect(JSON.parse((await get(provider, `${prm}/mcp`))?.body ?? '')).toMatchObject({
      authorization_servers: authorizationServers,
    })
  })

  test('A-41 A-49 metadata leaves out members without a value', async () => {
    const provider = providerOf({ tokenVerifier: verifierOf('good') })
    provider.setMcpPath('/mcp')
    expect(JSON.parse((await get(provider, `${prm}/mcp`))?.body ?? '')).toEqual({
      resource: 'https://api.example.com/mcp',
      authorization_servers: ['https://auth.example.com'],
      bearer_methods_supported: ['header'],
    })
  })

  test('metadata has the name and the documentation', async () => {
    const provider = providerOf({
      resourceName: 'Notes',
      resourceDocumentation: 'https://api.example.com/docs',
    })
    provider.setMcpPath('/mcp')
    expect(JSON.parse((await get(provider, `${prm}/mcp`))?.body ?? '')).toMatchObject({
      resource_name: 'Notes',
      resource_documentation: 'https://api.example.com/docs',
    })
  })

  test('A-42 L-03 L-09 L-11 metadata is cacheable JSON that any origin may read', async () => {
    const provider = providerOf()
    provider.setMcpPath('/mcp')
    const headers = new Headers((await get(provider, `${prm}/mcp`))?.response.headers)
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-allow-credentials')).toBeNull()
    expect(headers.get('cache-control')).toBe('public, max-age=3600')
  })

  test('A-46 the Host of the request does not change metadata', async () => {
    const provider = providerOf()
    provider.setMcpPath('/mcp')
    const headers = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      forwarded: 'host=evil.example',
    }
    expect((await get(provider, `${prm}/mcp`, { headers }))?.body).not.toContain('evil')
    const { refusal } = await createBearerGate(provider).authenticate(undefined)
    expect(refusal?.headers['www-authenticate']).toContain(`"https://api.example.com${prm}/mcp"`)
  })
})

describe('scopes', () => {
  const supported = async (options: Partial<RemoteAuthProviderOptions>) => {
    const provider = providerOf(options)
    provider.setMcpPath('/mcp')
    return JSON.parse((await get(provider, `${prm}/mcp`))?.body ?? '').scopes_supported
  }

  test('A-38 metadata names the required scopes, unless scopesSupported is set', async () => {
    expect(await supported({})).toEqual(['read'])
    expect(await supported({ scopesSupported: ['read', 'write'] })).toEqual(['read', 'write'])
    expect(await supported({ scopesSupported: [] })).toBeUndefined()
  })

  test('A-37 metadata does not name offline_access', async () => {
    expect(await supported({ scopesSupported: ['read', 'offline_access'] })).toEqual(['read'])
    expect(await supported({ scopesSupported: ['offline_access'] })).toBeUndefined()
  })

  test('A-03 a challenge names the required scopes, never all supported ones', () => {
    const provider = providerOf({ scopesSupported: ['read', 'write', 'admin'] })
    expect(provider.requiredScopes).toEqual(['read'])
    expect(provider.challengeScopes).toEqual(['read'])
  })

  test('challengeScopes replace only the required scopes', () => {
    const provider = providerOf({ challengeScopes: ['api://x/read'] })
    expect(provider.getChallengeScopes()).toEqual(['api://x/read'])
    expect(provider.getChallengeScopes(['read'])).toEqual(['api://x/read'])
    expect(provider.getChallengeScopes(['read', 'write'])).toEqual(['read', 'write'])
  })

  test('challenges use the spellings of the verifier', () => {
    const getChallengeScopes = (required: readonly string[] = []) =>
      required.map((scope) => `api://x/${scope}`)
    const tokenVerifier = verifierOf('good', { requiredScopes: ['read'], getChallengeScopes })
    const provider = providerOf({ tokenVerifier })
    expect(provider.getChallengeScopes()).toEqual(['api://x/read'])
    expect(provider.getChallengeScopes(['write'])).toEqual(['api://x/write'])
    expect(providerOf({ tokenVerifier, challengeScopes: ['own'] }).getChallengeScopes()).toEqual(['own'])
  })
})

describe('verification', () => {
  test('A-08 the verifier gets the resource', async () => {
    const tokenVerifier = verifierOf('good')
    const provider = providerOf({ tokenVerifier })
    provider.setMcpPath('/mcp')
    expect((await provider.verifyToken('good'))?.clientId).toBe('client of good')
    expect(tokenVerifier.verifyToken).toHaveBeenLastCalledWith(
      'good',
      expect.objectContaining({ resource: 'https://api.example.com/mcp' }),
    )
    await provider.verifyToken('good', { resource: 'https://api.example.com/admin' })
    expect(tokenVerifier.verifyToken).toHaveBeenLastCalledWith(
      'good',
      expect.objectContaining({ resource: 'https://api.example.com/admin' }),
    )
    expect(await provider.verifyToken('bad')).toBeNull()
  })

  test('cached tokens of the verifier are found for the same resource', () => {
    const tokenVerifier = verifierOf('good')
    const recall = vi.fn(() => undefined)
    keepVerdicts(tokenVerifier, tokenVerifier.verifyToken, recall)
    const provider = providerOf({ tokenVerifier })
    provider.setMcpPath('/mcp')
    recalled(provider, 'good')
    recalled(provider, 'good', { resource: 'https://api.example.com/admin' })
    expect(recall.mock.calls).toEqual([
      ['good', { resource: 'https://api.example.com/mcp' }],
      ['good', { resource: 'https://api.example.com/admin' }],
    ])
    expect(recalled(providerOf(), 'good')).toBeUndefined()
  })

  test('one verifier serves several providers', async () => {
    const tokenVerifier = verifierOf('good')
    const a = providerOf({ tokenVerifier, baseUrl: 'https://a.example' })
    const b = providerOf({ tokenVerifier, baseUrl: 'https://b.example' })
    a.setMcpPath('/mcp')
    b.setMcpPath('/mcp')
    await Promise.all([a.verifyToken('good'), b.verifyToken('good')])
    expect(tokenVerifier.verifyToken.mock.calls.map(([, options]) => options?.resource)).toEqual([
      'https://a.example/mcp',
      'https://b.example/mcp',
    ])
  })
})

describe('wrong options', () => {
  test.each<[string, Record<string, unknown>]>([
    ['tokenVerifier', { tokenVerifier: undefined }],
    ['tokenVerifier', { tokenVerifier: {} }],
    ['baseUrl', { baseUrl: undefined }],
    ['baseUrl', { baseUrl: 'api.example.com' }],
    ['baseUrl', { baseUrl: 'http://api.example.com' }],
    ['resourceBaseUrl', { resourceBaseUrl: 'http://api.example.com' }],
    ['authorizationServers', { authorizationServers: undefined }],
    ['authorizationServers', { authorizationServers: [] }],
    ['authorizationServers', { authorizationServers: 'https://auth.example.com' }],
    ['authorizationServers', { authorizationServers: ['auth.example.com'] }],
    ['authorizationServers', { authorizationServers: ['https://auth.example.com?x=1'] }],
    ['authorizationServers', { authorizationServers: ['http://auth.example.com'] }],
    ['scopesSupported', { scopesSupported: 'read' }],
    ['challengeScopes', { challengeScopes: ['two words'] }],
  ])('A-36 RemoteAuthProvider refuses %s: %j and names the option', (option, change) => {
    const construct = () => providerOf(change as Partial<RemoteAuthProviderOptions>)
    expect(construct).toThrow(TypeError)
    expect(construct).toThrow(`"${option}"`)
  })

  test('L-01 http URLs off loopback need dangerouslyAllowInsecureUrls', () => {
    const insecure = { baseUrl: 'http://api.internal', authorizationServers: ['http://auth.internal'] }
    expect(() => providerOf(insecure)).toThrow(TypeError)
    expect(() => providerOf({ ...insecure, dangerouslyAllowInsecureUrls: true })).not.toThrow()
  })
})

test('A-23 RemoteAuthProvider refuses requiredScopes', () => {
  const options = { requiredScopes: ['admin'] } as Partial<RemoteAuthProviderOptions>
  expect(() => providerOf(options)).toThrow(
    new TypeError('RemoteAuthProvider: "requiredScopes" is not an option. Set it on the "tokenVerifier".'),
  )
  expect(() => providerOf({ scopeSupported: ['read'] } as Partial<RemoteAuthProviderOptions>)).toThrow(
    /^RemoteAuthProvider: "scopeSupported" is not an option\. Did you mean "scopesSupported"\?$/,
  )
  expect(
    providerOf({ ...options, requiredScopes: undefined } as Partial<RemoteAuthProviderOptions>),
  ).toBeDefined()
  const tokenVerifier = verifierOf('good', { requiredScopes: ['admin'] })
  expect(providerOf({ tokenVerifier }).requiredScopes).toEqual(['admin'])
})
