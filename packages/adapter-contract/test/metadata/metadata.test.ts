import {
  dispatch,
  JWTVerifier,
  OAuthProvider,
  type OAuthProviderOptions,
  RemoteAuthProvider,
  type RemoteAuthProviderOptions,
} from '@tollgate/auth-core'
import { allowInsecureRequests, discoveryRequest, processDiscoveryResponse } from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectOAuthError } from '../harness/expectations.js'
import { type Host, hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp, notesProvider } from '../harness/notes-app.js'
import { callMcp, codeForm, newCode, postForm, register } from '../harness/oauth-driver.js'
import { sendRaw } from '../harness/raw-http.js'

const serverMetadata = '/.well-known/oauth-authorization-server'
const resourceMetadata = '/.well-known/oauth-protected-resource'

const verifier = new JWTVerifier({
  issuer: 'https://login.example',
  requiredScopes: ['notes:read', 'offline_access'],
})

function remote(origin: string, options: Partial<RemoteAuthProviderOptions> = {}): RemoteAuthProvider {
  return new RemoteAuthProvider({
    baseUrl: origin,
    authorizationServers: ['https://login.example', 'https://second.example/tenant/'],
    tokenVerifier: verifier,
    ...options,
  })
}

/** Starts a host for one test. */
async function during(running: Promise<RunningHost>, check: (origin: string) => Promise<void>) {
  const host = await running
  try {
    await check(host.origin)
  } finally {
    await host.close()
  }
}

async function statusesOf(origin: string, paths: readonly string[]): Promise<number[]> {
  return Promise.all(paths.map(async (path) => (await sendRaw(origin + path, { method: 'GET' })).status))
}

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  const get = (path: string, headers: Record<string, string> = {}) =>
    sendRaw(host.origin + path, { method: 'GET', headers })

  beforeAll(async () => {
    host = await start(notesApp({ serviceDocumentation: 'https://docs.example/', resourceName: 'Notes' }))
  })
  afterAll(() => host.close())

  test('B-01 B-03 B-05 B-06 B-07 B-08 B-09 B-10 B-11 B-13 B-14 B-15 B-19 B-20 B-22 B-27 B-28 the authorization server metadata lists what is served and nothing more', async () => {
    const answer = await get(serverMetadata)
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('application/json')
    const methods = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt']
    const { origin } = host
    const document = JSON.parse(answer.body)
    expect(document).toEqual({
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      jwks_uri: `${origin}/jwks`,
      registration_endpoint: `${origin}/register`,
      revocation_endpoint: `${origin}/revoke`,
      introspection_endpoint: `${origin}/introspect`,
      scopes_supported: ['notes:read', 'notes:write'],
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: expect.arrayContaining(methods),
      revocation_endpoint_auth_methods_supported: expect.arrayContaining(methods),
      introspection_endpoint_auth_methods_supported: expect.arrayContaining(methods.slice(1)),
      token_endpoint_auth_signing_alg_values_supported: expect.arrayContaining(['ES256', 'RS256']),
      revocation_endpoint_auth_signing_alg_values_supported: expect.arrayContaining(['ES256', 'RS256']),
      introspection_endpoint_auth_signing_alg_values_supported: expect.arrayContaining(['ES256', 'RS256']),
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
      service_documentation: 'https://docs.example/',
    })
    expect(document.token_endpoint_auth_methods_supported).toHaveLength(methods.length)
    expect(document.introspection_endpoint_auth_methods_supported).not.toContain('none')
  })

  test('B-01 B-03 an independent client accepts the metadata', async () => {
    const issuer = new URL(host.origin)
    const answer = await discoveryRequest(issuer, { algorithm: 'oauth2', [allowInsecureRequests]: true })
    // The client compares with the normalized URL, which ends with a slash.
    const metadata = { ...((await answer.clone().json()) as object), issuer: issuer.href }
    const same = new Response(JSON.stringify(metadata), { headers: answer.headers })
    expect((await processDiscoveryResponse(issuer, same)).token_endpoint).toBe(`${host.origin}/token`)
    expect(await answer.text()).toContain(`"issuer":"${host.origin}"`)
  })

  test('B-15 the JWKS contains public keys only', async () => {
    const answer = await get('/jwks')
    const { keys } = JSON.parse(answer.body)
    expect(keys.length).toBeGreaterThan(0)
    for (const key of keys) {
      expect(key).toMatchObject({
        kty: 'EC',
        crv: 'P-256',
        alg: 'ES256',
        use: 'sig',
        kid: expect.any(String),
      })
      expect(Object.keys(key)).not.toEqual(expect.arrayContaining(['d']))
      expect(
        Object.keys(key).filter((name) => ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'].includes(name)),
      ).toEqual([])
    }
  })

  test('A-34 A-35 A-36 A-39 A-41 A-42 A-49 the resource metadata is at the path of its identifier and names its issuer byte for byte', async () => {
    const answer = await get(`${resourceMetadata}/mcp`)
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('application/json')
    expect(answer.headers['access-control-allow-origin']).toBe('*')
    expect(JSON.parse(answer.body)).toEqual({
      resource: `${host.origin}/mcp`,
      authorization_servers: [host.origin],
      scopes_supported: ['notes:read', 'notes:write'],
      bearer_methods_supported: ['header'],
      resource_name: 'Notes',
    })
  })

  test('A-34 the metadata of the only resource is at the root, too', async () => {
    const [atPath, atRoot] = await Promise.all([get(`${resourceMetadata}/mcp`), get(resourceMetadata)])
    expect(atRoot.status).toBe(200)
    expect(atRoot.body).toBe(atPath.body)
  })

  test.each([serverMetadata, `${resourceMetadata}/mcp`, resourceMetadata, '/jwks'])(
    'L-09 L-11 L-19 B-23 %s can be cached, answers HEAD without a body and refuses other methods',
    async (path) => {
      const answer = await get(path)
      // Keys are cached for a shorter time because a removed key stays trusted that long.
      expect(answer.headers['cache-control']).toBe(`public, max-age=${path === '/jwks' ? 600 : 3600}`)
      expect(answer.headers['x-content-type-options']).toBe('nosniff')
      expect(answer.headers['set-cookie']).toBeUndefined()

      const head = await sendRaw(host.origin + path, { method: 'HEAD' })
      expect(head.status).toBe(200)
      expect(head.body).toBe('')
      for (const name of ['content-type', 'cache-control', 'access-control-allow-origin'])
        expect(head.headers[name]).toBe(answer.headers[name])

      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        const refused = await sendRaw(host.origin + path, { method })
        expect(refused.status).toBe(405)
        expect(refused.headers['allow']).toBe('GET, HEAD, OPTIONS')
        expect(refused.headers['cache-control']).toBe('no-store')
        expect(JSON.parse(refused.body)).toMatchObject({ error: 'invalid_request' })
      }
    },
  )

  test.each([serverMetadata, `${resourceMetadata}/mcp`, resourceMetadata])(
    'L-19 a slash after %s does not matter',
    async (path) => {
      const [plain, slashed] = await Promise.all([get(path), get(`${path}/`)])
      expect(slashed.status).toBe(200)
      expect(slashed.body).toBe(plain.body)
    },
  )

  test('B-16 B-17 B-28 features that are off are not announced and do not work', async () => {
    for (const path of [serverMetadata, `${resourceMetadata}/mcp`]) {
      const document = JSON.parse((await get(path)).body)
      for (const member of [
        'authorization_grant_profiles_supported',
        'dpop_signing_alg_values_supported',
        'dpop_bound_access_tokens_required',
        'tls_client_certificate_bound_access_tokens',
      ])
        expect(document).not.toHaveProperty(member)
    }
    const client = await register(host.origin)
    const jwtBearer = {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: 'eyJhbGciOiJFUzI1NiJ9.e30.AA',
      client_id: client.client_id,
    }
    const refused = await postForm(`${host.origin}/token`, jwtBearer)
    await expectOAuthError(refused, 400, 'unsupported_grant_type')
    const code = await newCode(host.origin, client)
    // A client that supports key-bound tokens learns that these are not.
    const issued = await postForm(`${host.origin}/token`, codeForm(client, code), { dpop: 'e30.e30.AA' })
    expect(issued.status).toBe(200)
    expect(await issued.json()).toMatchObject({ token_type: 'Bearer' })
  })

  test('A-40 B-02 B-18 B-21 paths that do not exist are 404, including those of OpenID Connect', async () => {
    const paths = [
      '/.well-known/openid-configuration/other',
      '/.well-known/openid-configuration/mcp',
      '/mcp/.well-known/openid-configuration',
      `${serverMetadata}/mcp`,
      `${serverMetadata}/other`,
      `${resourceMetadata}/nope`,
      `${resourceMetadata}/mcp/nope`,
      `${resourceMetadata}/MCP`,
      '/.well-known/oauth-authorization-serverx',
    ]
    expect(await statusesOf(host.origin, paths)).toEqual(paths.map(() => 404))
  })

  test('A-46 B-22 B-26 L-17 every URL is the configured one whatever the Host header says', async () => {
    const spoofed = {
      host: 'evil.example',
      forwarded: 'host=evil.example;proto=https',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-prefix': '/evil',
    }
    for (const path of [serverMetadata, `${resourceMetadata}/mcp`]) {
      const [honest, evil] = await Promise.all([get(path), get(path, spoofed)])
      expect(evil.status).toBe(200)
      expect(evil.body).toBe(honest.body)
      expect(evil.body).toContain(host.origin)
    }
  })

  test('B-02 B-03 B-18 an issuer with a path has its metadata below the root as in RFC 8414', () =>
    during(
      start((origin) => ({
        provider: notesProvider(origin, { baseUrl: `${origin}/tenant1`, issuerUrl: `${origin}/tenant1` }),
      })),
      async (origin) => {
        const answer = await sendRaw(`${origin}${serverMetadata}/tenant1`, { method: 'GET' })
        expect(answer.status).toBe(200)
        expect(JSON.parse(answer.body)).toMatchObject({
          issuer: `${origin}/tenant1`,
          token_endpoint: `${origin}/tenant1/token`,
        })
        const missing = [
          serverMetadata,
          `/tenant1${serverMetadata}`,
          '/.well-known/openid-configuration',
          '/.well-known/openid-configuration/tenant1/mcp',
          '/tenant1/mcp/.well-known/openid-configuration',
        ]
        expect(await statusesOf(origin, missing)).toEqual(missing.map(() => 404))
        const resource = await sendRaw(`${origin}${resourceMetadata}/tenant1/mcp`, { method: 'GET' })
        expect(JSON.parse(resource.body)).toMatchObject({
          resource: `${origin}/tenant1/mcp`,
          authorization_servers: [`${origin}/tenant1`],
        })
      },
    ))

  test('B-03 A-35 A-36 a trailing slash of the issuer stays, and one of the base URL is not doubled', () =>
    during(
      start((origin) => ({ provider: notesProvider(origin, { baseUrl: `${origin}/` }) })),
      async (origin) => {
        const server = await sendRaw(origin + serverMetadata, { method: 'GET' })
        const { issuer, token_endpoint } = JSON.parse(server.body)
        expect({ issuer, token_endpoint }).toEqual({
          issuer: `${origin}/`,
          token_endpoint: `${origin}/token`,
        })
        const resource = await sendRaw(`${origin}${resourceMetadata}/mcp`, { method: 'GET' })
        const { resource: identifier, authorization_servers } = JSON.parse(resource.body)
        expect({ identifier, authorization_servers }).toEqual({
          identifier: `${origin}/mcp`,
          authorization_servers: [`${origin}/`],
        })
      },
    ))

  test('B-10 B-20 disabled endpoints are neither announced nor served', () =>
    during(
      start(notesApp({ dynamicRegistration: false, scopesSupported: [], requiredScopes: [] })),
      async (origin) => {
        const document = JSON.parse((await sendRaw(origin + serverMetadata, { method: 'GET' })).body)
        expect(document).not.toHaveProperty('registration_endpoint')
        expect(document).not.toHaveProperty('scopes_supported')
        expect(document).not.toHaveProperty('service_documentation')
        expect(Object.values(document).filter((value) => value === null)).toEqual([])
        const register = await sendRaw(`${origin}/register`, {
          headers: { 'content-type': 'application/json' },
          body: '{"redirect_uris":["https://client.example/cb"]}',
        })
        expect(register.status).toBe(404)
        const resource = await sendRaw(`${origin}${resourceMetadata}/mcp`, { method: 'GET' })
        expect(JSON.parse(resource.body)).toEqual({
          resource: `${origin}/mcp`,
          authorization_servers: [origin],
          bearer_methods_supported: ['header'],
        })
      },
    ))

  test('A-34 A-35 each of several resources has its own metadata, and none is at the root', () =>
    during(
      start((origin) => ({
        provider: notesProvider(origin),
        mount: { mcpPath: ['/mcp', '/admin/mcp'] },
        gate: { mcpPath: '/mcp' },
      })),
      async (origin) => {
        for (const path of ['/mcp', '/admin/mcp']) {
          const answer = await sendRaw(origin + resourceMetadata + path, { method: 'GET' })
          expect(JSON.parse(answer.body)).toMatchObject({ resource: origin + path })
        }
        expect(await statusesOf(origin, [resourceMetadata, `${resourceMetadata}/`])).toEqual([404, 404])
      },
    ))

  test('A-34 A-35 a resource at the root is named without a slash', () =>
    during(
      start((origin) => ({
        provider: notesProvider(origin),
        mount: { mcpPath: null },
        gate: { mcpPath: null },
      })),
      async (origin) => {
        const answer = await sendRaw(origin + resourceMetadata, { method: 'GET' })
        expect(JSON.parse(answer.body)).toMatchObject({ resource: origin })
      },
    ))

  describe('a resource server of other issuers', () => {
    test('A-36 A-37 A-38 the resource metadata names its issuers in order and byte for byte, without offline_access', () =>
      during(
        start((origin) => ({ provider: remote(origin) })),
        async (origin) => {
          const answer = await sendRaw(`${origin}${resourceMetadata}/mcp`, { method: 'GET' })
          expect(JSON.parse(answer.body)).toEqual({
            resource: `${origin}/mcp`,
            authorization_servers: ['https://login.example', 'https://second.example/tenant/'],
            scopes_supported: ['notes:read'],
            bearer_methods_supported: ['header'],
          })
          const refused = await callMcp(origin, undefined)
          expect(refused.headers.get('www-authenticate')).toContain('scope="notes:read"')
        },
      ))

    test('B-21 a resource server serves no authorization server metadata', () =>
      during(
        start((origin) => ({ provider: remote(origin) })),
        async (origin) => {
          const paths = [serverMetadata, '/.well-known/openid-configuration', '/authorize', '/token', '/jwks']
          expect(await statusesOf(origin, paths)).toEqual(paths.map(() => 404))
        },
      ))
  })
})

test('L-19 without a server, HEAD gets a response without a body', async () => {
  const routes = notesProvider('https://notes.example').getRoutes('/mcp')
  const [head, get] = await Promise.all(
    ['HEAD', 'GET'].map((method) =>
      dispatch(routes, new Request(`https://notes.example${serverMetadata}`, { method })),
    ),
  )
  expect([head?.status, get?.status]).toEqual([200, 200])
  expect(await head?.text()).toBe('')
  expect(await get?.text()).toContain('https://notes.example')
})

describe('valid and invalid configuration', () => {
  const anyHost = hosts[0] as Host
  const bad = [
    'http://auth.example',
    'https://auth.example?tenant=1',
    'https://auth.example#top',
    'https://user:pass@auth.example',
    'auth.example',
    '/relative',
    'ftp://auth.example',
    '',
  ]
  const options = { baseUrl: 'https://auth.example' } satisfies Partial<OAuthProviderOptions>

  test.each(bad)('B-04 L-01 the issuer %j is refused with the option in the message', (url) => {
    expect(() => notesProvider(url)).toThrow(TypeError)
    expect(() => notesProvider(options.baseUrl, { issuerUrl: url })).toThrow(/"issuerUrl"/)
    expect(() => remote(options.baseUrl, { authorizationServers: [url] })).toThrow(/"authorizationServers"/)
  })

  test.each([
    'http://localhost:3000',
    'http://127.0.0.1',
    'http://[::1]:8080',
    'https://auth.example/tenant/',
  ])('B-04 L-01 the issuer %j is accepted', (url) => {
    expect(notesProvider(url).issuer).toBe(url)
  })

  test('A-36 a resource without an authorization server is refused', () => {
    expect(() => remote(options.baseUrl, { authorizationServers: [] })).toThrow(/"authorizationServers"/)
  })

  test('a gate is refused with a fix while its provider does not know its path', async () => {
    const started = anyHost.start((origin) => ({ provider: notesProvider(origin), mount: {} }))
    await expect(started).rejects.toThrow(/MCP path/)
    expect(notesProvider(options.baseUrl)).toBeInstanceOf(OAuthProvider)
  })
})
