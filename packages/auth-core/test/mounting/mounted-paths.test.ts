import { describe, expect, test } from 'vitest'
import { type MountOptions, mountedPaths } from '../../src/mounting/mounted-paths.js'
import { RemoteAuthProvider } from '../../src/providers/remote-auth-provider.js'
import { plainRequest } from '../harness/plain-request.js'
import { verifierOf } from '../harness/verifiers.js'

function mount(baseUrl: string, options: MountOptions, which?: 'all' | 'well-known') {
  const provider = new RemoteAuthProvider({
    baseUrl,
    authorizationServers: ['https://auth.example.com'],
    tokenVerifier: verifierOf('good'),
  })
  return mountedPaths(provider, options, which)
}

const paths = (mounted: readonly { path: string }[]) => mounted.map(({ path }) => path)
const prm = '/.well-known/oauth-protected-resource'

describe('L-18 the paths that an application sees', () => {
  test('L-18 discovery is at the root, and other paths are below the prefix', () => {
    expect(paths(mount('https://a.example/v1', { mcpPath: '/mcp' }))).toEqual([
      `${prm}/v1/mcp`,
      `${prm}/v1/mcp/`,
      '/v1/mcp',
      '/v1/mcp/',
    ])
  })

  test('L-18 L-32 the MCP endpoint does not redirect to itself when a proxy turns two paths into one', async () => {
    const root = mount('https://a.example/v1', { mcpPath: null, basePath: '' }).filter(
      ({ path }) => path === '/',
    )
    expect(root.map(({ methods }) => methods)).toEqual([['OPTIONS']])
  })

  test('L-32 two resources whose paths differ by a slash do not redirect to each other', () => {
    const mounted = mount('https://a.example', { mcpPath: ['/mcp', '/mcp/'] })
    const ofEndpoints = mounted.filter(({ path }) => path.startsWith('/mcp'))
    expect(ofEndpoints.map(({ path, methods }) => [path, methods])).toEqual([
      ['/mcp', ['OPTIONS']],
      ['/mcp/', ['OPTIONS']],
    ])
  })

  test('L-18 other paths follow basePath when a proxy strips the prefix', () => {
    expect(paths(mount('https://a.example/v1', { mcpPath: '/mcp', basePath: '' }))).toContain('/mcp')
    expect(paths(mount('https://a.example/v1', { mcpPath: null, basePath: '' }))).toContain('/')
    expect(paths(mount('https://a.example/v1/', { mcpPath: '/mcp', basePath: '/x' }))).toContain('/x/mcp')
  })

  test('well-known selects only discovery', () => {
    expect(paths(mount('https://a.example/v1', { mcpPath: '/mcp' }, 'well-known'))).toEqual([
      `${prm}/v1/mcp`,
      `${prm}/v1/mcp/`,
    ])
  })

  test('several MCP paths have no metadata at the root', () => {
    expect(paths(mount('https://a.example', { mcpPath: ['/mcp', null] }))).toEqual([
      `${prm}/mcp`,
      `${prm}/mcp/`,
      '/mcp',
      '/mcp/',
      prm,
      `${prm}/`,
      '/',
    ])
  })
})

test('a path is registered for all methods, and the MCP endpoint only for its preflight', () => {
  const mounted = mount('https://a.example', { mcpPath: '/mcp' })
  expect(Object.fromEntries(mounted.map(({ path, methods }) => [path, methods]))).toEqual({
    [`${prm}/mcp`]: 'all',
    [`${prm}/mcp/`]: 'all',
    [prm]: 'all',
    [`${prm}/`]: 'all',
    '/mcp': ['OPTIONS'],
    // The redirect for clients that add a trailing slash.
    '/mcp/': 'all',
  })
})

test('a mounted path selects the route by method', async () => {
  const [metadata] = mount('https://a.example', { mcpPath: '/mcp' })
  const statusOf = async (method: string) => (await metadata?.answer(plainRequest({ method })))?.status
  expect(await statusOf('GET')).toBe(200)
  expect(await statusOf('OPTIONS')).toBe(204)
  expect(await statusOf('POST')).toBe(405)
  expect(await statusOf('PROPFIND')).toBe(405)
})
