import { describe, expect, test } from 'vitest'
import { OAuthProvider } from '../../src/authorization-server/oauth-provider.js'
import type { OAuthProviderOptions } from '../../src/authorization-server/options.js'
import { serverOf } from '../../src/authorization-server/server/server-handle.js'
import { createBearerGate } from '../../src/gate/create-bearer-gate.js'
import { dispatch } from '../../src/http/route.js'
import { encryptedStore } from '../../src/store/encrypted-store.js'
import { memoryStore } from '../../src/store/memory-store.js'
import type { Store } from '../../src/store/store.js'
import { recalled } from '../harness/recalled.js'

function providerOf(change: Record<string, unknown> = {}): OAuthProvider {
  return new OAuthProvider({
    baseUrl: 'https://notes.example.com',
    store: memoryStore(),
    signIn: () => ({ denied: true }),
    ...change,
  } as OAuthProviderOptions)
}

async function get(provider: OAuthProvider, path: string) {
  const response = await dispatch(provider.getRoutes(), new Request(`https://internal${path}`))
  return response === undefined ? undefined : ((await response.json()) as Record<string, unknown>)
}

const asPath = '/.well-known/oauth-authorization-server'
const oidcPath = '/.well-known/openid-configuration'
const prmPath = '/.well-known/oauth-protected-resource'

describe('invalid options', () => {
  test.each<[string, Record<string, unknown>]>([
    ['baseUrl', { baseUrl: undefined }],
    ['baseUrl', { baseUrl: 'notes.example.com' }],
    ['baseUrl', { baseUrl: 'http://notes.example.com' }],
    ['baseUrl', { baseUrl: 'https://notes.example.com?x' }],
    ['baseUrl', { baseUrl: 'https://notes.example.com#x' }],
    ['baseUrl', { baseUrl: 'https://user@notes.example.com' }],
    ['issuerUrl', { issuerUrl: 'http://notes.example.com' }],
    ['issuerUrl', { issuerUrl: 'https://notes.example.com?x' }],
    ['issuerUrl', { issuerUrl: 'notes' }],
    ['signIn', { signIn: undefined }],
    ['signIn', { signIn: {} }],
    ['accessTokenFormat', { accessTokenFormat: 'at+jwt' }],
    ['isUserAllowed', { isUserAllowed: true }],
    ['rateLimit', { rateLimit: true }],
    ['clientAddress', { clientAddress: 'x-forwarded-for' }],
    ['name', { name: '' }],
    ['logo', { logo: '/logo.png' }],
    ['consentPage', { consentPage: '<p>Allow?</p>' }],
    ['errorPage', { errorPage: {} }],
    ['store', { store: undefined }],
    ['store', { store: new Map() }],
    ['store', { store: { ...memoryStore(), consistency: 'eventual' } }],
    ['invalidGrantStatus', { invalidGrantStatus: 403 }],
    ['resources', { resources: ['notes'] }],
    ['requiredScopes', { requiredScopes: ['a b'] }],
    ['scopesSupported', { scopesSupported: ['"'] }],
    ['defaultScopes', { defaultScopes: 'a' }],
    ['allowedRedirectSchemes', { allowedRedirectSchemes: ['cursor'] }],
    ['enforceApplicationType', { enforceApplicationType: 'web' }],
    ['clientSecretLifetime', { clientSecretLifetime: -1 }],
    ['clientSecretLifetime', { clientSecretLifetime: 1.5 }],
    ['clientSecretLifetime', { clientSecretLifetime: Number.POSITIVE_INFINITY }],
    ['wellKnownRedirectUris', { wellKnownRedirectUris: 'cursor' }],
    ['allowedRedirectUris', { allowedRedirectUris: 'cursor://auth/cb' }],
    ['allowedRedirectUris.prefixes', { allowedRedirectUris: [{ prefix: 'a://b/', prefixes: [] }] }],
    ['endpoints', { endpoints: { token: 'authorize' } }],
    ['lifetimes.accessToken', { lifetimes: { accessToken: 0 } }],
    ['lifetimes.refreshToken', { lifetimes: { refreshToken: 1.5 } }],
    ['lifetimes.authorizationCode', { lifetimes: { authorizationCode: 601 } }],
    ['lifetimes.consent', { lifetimes: { consent: Number.NaN } }],
    ['stepUpOnRefresh', { stepUpOnRefresh: 'yes' as never }],
    ['refreshGrace', { refreshGrace: -1 }],
    ['refreshGrace', { refreshGrace: 61 }],
    ['refreshGrace', { refreshGrace: 1.5 }],
    ['lifetimes.refreshTokenIdle', { lifetimes: { refreshTokenIdle: 0 } }],
    ['revocationLag', { revocationLag: -1 }],
    ['isUserAlowed', { isUserAlowed: () => false }],
    ['lifetimes.accessTokens', { lifetimes: { accessTokens: 60 } }],
    ['lifetimes.toString', { lifetimes: { toString: 60 } }],
    ['clientIdMetadataDocuments.allow', { clientIdMetadataDocuments: { allow: () => false } }],
    ['dynamicRegistration.initialAccessTokens', { dynamicRegistration: { initialAccessTokens: [] } }],
  ])('B-04 L-01 %s: %j is a TypeError that names the option', (option, change) => {
    expect(() => providerOf(change)).toThrow(TypeError)
    expect(() => providerOf(change)).toThrow(`"${option}"`)
  })

  test('the error for a former option names its replacement', () => {
    expect(() => providerOf({ allowedRedirectSchemes: [] })).toThrow(
      /"allowedRedirectSchemes" is not an option\. List the redirect URIs in "allowedRedirectUris"\.$/,
    )
  })

  test('the error for a misspelled option suggests the right one, and an unknown option without a value is ignored', () => {
    expect(() => providerOf({ lifetimes: { accessTokens: 60 } })).toThrow(
      /Did you mean "lifetimes.accessToken"/,
    )
    expect(() => providerOf({ isUserAlowed: undefined, lifetimes: { accessToken: 60 } })).not.toThrow()
  })

  test('N-13 an eventually consistent store needs dangerouslyAllowEventualConsistency, encrypted or not', () => {
    const keys = [{ id: 'a', key: new Uint8Array(32) }]
    const eventual: Store = { ...memoryStore(), consistency: 'eventual' }
    for (const store of [eventual, encryptedStore(eventual, { keys })]) {
      expect(() => providerOf({ store })).toThrow(
        /"store" must be consistent\. This one is only eventually consistent/,
      )
      expect(() => providerOf({ store, dangerouslyAllowEventualConsistency: true })).not.toThrow()
    }
    expect(() => providerOf({ store: { ...memoryStore(), consistency: 'strong' } })).not.toThrow()
  })

  test('http URLs of hosts other than loopback need dangerouslyAllowInsecureUrls', () => {
    for (const baseUrl of ['http://localhost:3001', 'http://127.0.0.1:3001', 'http://[::1]:3001']) {
      expect(providerOf({ baseUrl }).issuer).toBe(baseUrl)
    }
    const baseUrl = 'http://notes.internal'
    expect(providerOf({ baseUrl, dangerouslyAllowInsecureUrls: true }).issuer).toBe(baseUrl)
  })
})

/** As FastMCP serves them, except the exact issuer and its incomplete OpenID document. */
describe('paths', () => {
  test.each<[string, string | undefined, string | null, string, string, string]>([
    ['https://a.example.com', undefined, '/mcp', '', 'https://a.example.com', '/mcp'],
    ['https://a.example.com/', undefined, '/mcp', '', 'https://a.example.com/', '/mcp'],
    ['https://a.example.com/api', undefined, '/mcp', '/api', 'https://a.example.com/api', '/api/mcp'],
    ['https://a.example.com/api', 'https://a.example.com', '/mcp', '', 'https://a.example.com', '/api/mcp'],
    [
      'https://a.example.com/api/',
      'https://i.example.com/t1',
      '/mcp',
      '/t1',
      'https://i.example.com/t1',
      '/api/mcp',
    ],
    ['https://a.example.com', undefined, null, '', 'https://a.example.com', ''],
    ['https://a.example.com/o/i', undefined, '/mcp', '/o/i', 'https://a.example.com/o/i', '/o/i/mcp'],
    ['http://localhost:8000', undefined, '/mcp', '', 'http://localhost:8000', '/mcp'],
  ])(
    'B-02 B-03 A-34 base %s, issuer %s, path %s: metadata at %s, issuer %s, resource metadata at %s',
    async (baseUrl, issuerUrl, mcpPath, asSuffix, issuer, prmSuffix) => {
      const provider = providerOf({ baseUrl, issuerUrl })
      provider.setMcpPath(mcpPath)

      expect(provider.issuer).toBe(issuer)
      const base = baseUrl.replace(/\/$/, '')
      for (const slash of ['', '/']) {
        expect(await get(provider, asPath + asSuffix + slash)).toMatchObject({
          issuer,
          authorization_endpoint: `${base}/authorize`,
          token_endpoint: `${base}/token`,
          jwks_uri: `${base}/jwks`,
        })
      }
      expect(await get(provider, prmPath + prmSuffix)).toMatchObject({
        resource: `${base}${mcpPath ?? ''}`,
        authorization_servers: [issuer],
      })
      if (asSuffix !== '') expect(await get(provider, asPath)).toBeUndefined()
      for (const oidc of [oidcPath + asSuffix, asSuffix + oidcPath])
        expect(await get(provider, oidc)).toMatchObject({ issuer, subject_types_supported: ['public'] })
      if (asSuffix !== '') expect(await get(provider, oidcPath)).toBeUndefined()
    },
  )

  test('the endpoints option moves endpoints, and metadata follows', async () => {
    const provider = providerOf({
      baseUrl: 'https://a.example.com/api',
      endpoints: { token: '/oauth/token', jwks: 'keys' },
    })
    provider.setMcpPath('/mcp')
    expect(await get(provider, `${asPath}/api`)).toMatchObject({
      token_endpoint: 'https://a.example.com/api/oauth/token',
      jwks_uri: 'https://a.example.com/api/keys',
      revocation_endpoint: 'https://a.example.com/api/revoke',
    })
    expect(await get(provider, '/api/keys')).toMatchObject({ keys: [{ kty: 'EC' }] })
  })

  test('getRoutes throws without a resource', () => {
    expect(() => providerOf().getRoutes()).toThrow(/getRoutes needs a resource/)
    expect(() => providerOf({ resources: ['https://rs.example/mcp'] }).getRoutes()).not.toThrow()
  })

  test('an authorization server for resources elsewhere has no resource metadata', () => {
    const provider = providerOf({ resources: ['https://rs.example/mcp'] })
    expect(provider.getRoutes().filter(({ path }) => path.startsWith(prmPath))).toEqual([])
    expect(serverOf(provider).resources()).toEqual(['https://rs.example/mcp'])
  })

  test('a resource that is also in resources is listed once', () => {
    const provider = providerOf({ resources: ['https://notes.example.com/mcp'] })
    provider.setMcpPath('/mcp')
    expect(serverOf(provider).resources()).toEqual(['https://notes.example.com/mcp'])
  })
})

describe('scopes', () => {
  test('clients may request required and supported scopes', () => {
    expect(providerOf({ requiredScopes: ['a'] }).scopesSupported).toEqual(['a'])
    expect(providerOf({ requiredScopes: ['a'], scopesSupported: ['b', 'a'] }).scopesSupported).toEqual([
      'a',
      'b',
    ])
  })

  test('A-03 a challenge requests the required scopes only', () => {
    const provider = providerOf({ requiredScopes: ['a'], scopesSupported: ['b'] })
    expect(provider.challengeScopes).toEqual(['a'])
  })
})

describe('verification', () => {
  test('A-09 without a resource, every token is invalid', async () => {
    expect(await providerOf().verifyToken('anything')).toBeNull()
    expect(recalled(providerOf(), 'anything')).toBeUndefined()
  })

  test('A-17 verifying a token while the store is down rejects with an outage', async () => {
    const down = () => Promise.reject(new Error('the store is down'))
    const store = { get: down, set: down, add: down, compareAndSwap: down, take: down, delete: down }
    const provider = providerOf({ store })
    provider.setMcpPath('/mcp')
    const claims = { iss: provider.issuer, aud: provider.resourceUrl, exp: 9_999_999_999, sub: 'a' }
    const more = { client_id: 'c', iat: 1, jti: 'j', token_family: 'f' }
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
    const token = `${encode({ alg: 'ES256', typ: 'at+jwt' })}.${encode({ ...claims, ...more })}.c2ln`
    await expect(provider.verifyToken(token)).rejects.toMatchObject({ status: 503 })
    const { refusal } = await createBearerGate(provider).authenticate(`Bearer ${token}`)
    expect(refusal?.status).toBe(503)
  })
})

describe('B-02 B-24 getWellKnownRoutes', () => {
  const api = 'https://api.example.com'

  test.each<[string, Record<string, unknown>, string | null, string[]]>([
    ['an origin', { baseUrl: api }, '/mcp', [asPath, oidcPath, `${prmPath}/mcp`, prmPath]],
    ['an origin that is the MCP endpoint, too', { baseUrl: api }, null, [asPath, oidcPath, prmPath]],
    ['a prefix', { baseUrl: `${api}/v1` }, '/mcp', [`${asPath}/v1`, `${oidcPath}/v1`, `${prmPath}/v1/mcp`]],
    [
      'a prefix with a slash',
      { baseUrl: `${api}/v1/` },
      '/mcp',
      [`${asPath}/v1`, `${oidcPath}/v1`, `${prmPath}/v1/mcp`],
    ],
    [
      'an issuer at the origin above a prefix',
      { baseUrl: `${api}/v1`, issuerUrl: api },
      '/mcp',
      [asPath, oidcPath, `${prmPath}/v1/mcp`],
    ],
    [
      'an issuer below',
      { baseUrl: api, issuerUrl: `${api}/tenant` },
      '/mcp',
      [`${asPath}/tenant`, `${oidcPath}/tenant`, `${prmPath}/mcp`, prmPath],
    ],
  ])(
    'B-02 B-24 getWellKnownRoutes of %s returns every discovery route and no other',
    async (_name, options, mcpPath, paths) => {
      const provider = providerOf(options)
      const wellKnown = provider.getWellKnownRoutes(mcpPath)
      // Each path is served with and without a trailing slash.
      expect(new Set(wellKnown.map(({ path }) => path))).toEqual(
        new Set(paths.flatMap((path) => [path, `${path}/`])),
      )
      const all = provider.getRoutes(mcpPath)
      expect(wellKnown.map(({ path }) => path)).toEqual(
        all.map(({ path }) => path).filter((path) => path.startsWith('/.well-known/')),
      )
      for (const path of paths) {
        const answer = await dispatch(wellKnown, new Request(api + path))
        expect(await answer?.json()).toMatchObject(
          path.startsWith(prmPath) ? { resource: provider.resourceUrl } : { issuer: provider.issuer },
        )
      }
      expect(dispatch(wellKnown, new Request(serverOf(provider).urls.token))).toBeUndefined()
    },
  )
})

describe('clients', () => {
  const digest = 'x'.repeat(43)
  const good = { client_id: 'billing', secrets: [{ digest }], grant_types: ['client_credentials'] }
  const jwk = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }
  const largeRsa = { kty: 'RSA', n: 'x'.repeat(2047), e: 'AQAB' }
  const longExponent = { kty: 'RSA', n: 'x'.repeat(342), e: 'x'.repeat(8) }
  const shortRsa = { kty: 'RSA', n: 'x'.repeat(171), e: 'AQAB' }
  const keyed = { ...good, secrets: [], token_endpoint_auth_method: 'private_key_jwt' }

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['no id', { client_id: undefined }, /must each have a "client_id"/],
    ['an id with a colon', { client_id: 'a:b' }, /must each have a "client_id"/],
    ['an id that is a URL', { client_id: 'https://a.example/client' }, /must each have a "client_id"/],
    ['an id with a space', { client_id: 'a b' }, /must each have a "client_id"/],
    ['an empty id', { client_id: '' }, /must each have a "client_id"/],
    [
      'a secret in plain text',
      { client_secret: 'secret' },
      /clients\[billing\]\.client_secret" is not .*"secrets"/,
    ],
    ['a secret instead of its digest', { secrets: [{ digest: 'secret' }] }, /secretDigest/],
    ['secrets that are strings', { secrets: [digest] }, /secretDigest/],
    ['secrets that are no list', { secrets: { digest } }, /secretDigest/],
    [
      'a secret that ends at some time',
      { secrets: [{ digest, expiresAt: '2030-01-01' }] },
      /secrets\[0\]\.expiresAt" must be .* in seconds/,
    ],
    [
      'a secret that ends never, or long ago',
      { secrets: [{ digest, expiresAt: 0 }] },
      /secrets\[0\]\.expiresAt" must be .* in seconds/,
    ],
    ['a secret with an end in milliseconds', { secrets: [{ digest, expiresAt: 1.8e12 }] }, /in seconds/],
    [
      'a secret whose end is misspelled',
      { secrets: [{ digest, expires_at: 1.8e9 }] },
      /Did you mean ".*expiresAt"/,
    ],
    ['a short RSA key', { ...keyed, jwks: { keys: [shortRsa] } }, /jwks has an RSA key of less than 2048/],
    ['a large RSA key', { ...keyed, jwks: { keys: [largeRsa] } }, /jwks has an RSA key of more than 4096/],
    ['a long exponent', { ...keyed, jwks: { keys: [longExponent] } }, /an exponent of more than 32/],
    ['no secret', { secrets: [] }, /"secrets" must be set for client_secret_basic/],
    [
      'a secret of a public client',
      { token_endpoint_auth_method: 'none', grant_types: ['refresh_token'] },
      /must not be set for none/,
    ],
    [
      'a public client without user',
      { token_endpoint_auth_method: 'none', secrets: [] },
      /client_credentials/,
    ],
    ['a member that is misspelled', { scopes: 'a' }, /Did you mean "clients\[billing\]\.scope"/],
    ['a member named like a method', { constructor: 'a' }, /constructor" is not an option/],
    ['an unknown scope', { scope: 'a c' }, /scope "c"/],
    ['an empty scope', { scope: '' }, /scope ""/],
    ['a scope that is a list', { scope: ['a'] }, /scope is malformed/],
    ['an unknown grant', { grant_types: ['password'] }, /grant_types/],
    ['an unknown method', { token_endpoint_auth_method: 'tls_client_auth' }, /token_endpoint_auth_method/],
    ['no redirect URI', { grant_types: undefined }, /redirect_uris/],
    ['an invalid redirect URI', { redirect_uris: ['http://a.example/cb'] }, /redirect URI/],
    ['a private key', { ...keyed, jwks: { keys: [{ ...jwk, d: 'd' }] } }, /jwks is malformed/],
    ['no key', { ...keyed, jwks: { keys: [] } }, /jwks is malformed/],
    ['resources that are not a list', { introspects: 'https://rs.example' }, /"introspects" must be a list/],
    ['no resource', { introspects: [] }, /"introspects" must be a list/],
    ['a resource that is not a URL', { introspects: ['rs'] }, /"introspects"/],
    ['a resource over http', { introspects: ['http://rs.example'] }, /"introspects"/],
    [
      'a public client that introspects',
      {
        introspects: ['https://rs.example'],
        token_endpoint_auth_method: 'none',
        secrets: [],
        grant_types: [],
      },
      /"introspects" must be set only for clients that authenticate/,
    ],
    [
      'a shared secret as algorithm',
      { token_endpoint_auth_signing_alg: 'HS256' },
      /token_endpoint_auth_signing_alg/,
    ],
  ])(
    'O-06 F-14 a client with %s is a TypeError that names the client and the problem',
    (_name, change, message) => {
      const create = (client: object) => providerOf({ scopesSupported: ['a', 'b'], clients: [client] })
      expect(() => create({ ...good, ...change })).toThrow(TypeError)
      expect(() => create({ ...good, ...change })).toThrow(/^OAuthProvider: "clients(?:" |\[billing\])/)
      expect(() => create({ ...good, ...change })).toThrow(message)
      expect(serverOf(create(good)).staticClients.get('billing')?.client.grant_types).toEqual([
        'client_credentials',
      ])
    },
  )

  test('I-04 F-14 a configured client with introspects needs no grant type', () => {
    const server = { client_id: 'api', secrets: [{ digest }], introspects: ['https://rs.example'] }
    const record = serverOf(providerOf({ clients: [server] })).staticClients.get('api')
    expect(record?.client.grant_types).toEqual([])
    expect(record?.introspects).toEqual(['https://rs.example'])
  })

  test('clients must be a list with unique client IDs', () => {
    expect(() => providerOf({ clients: [good, good] })).toThrow(
      '"clients" must each have a unique "client_id": billing',
    )
    expect(() => providerOf({ clients: good })).toThrow('"clients" must be a list')
  })

  test('O-02 no error about clients repeats a secret', () => {
    const secrets = [{ digest: 'the secret itself' }]
    expect(() => providerOf({ clients: [{ ...good, secrets }] })).toThrow(/^((?!the secret itself).)*$/)
  })

  test('D-72 metadata lists client_credentials if a client may have it', async () => {
    const grantTypesOf = async (change: object) => {
      const provider = providerOf({ resources: ['https://rs.example/mcp'], ...change })
      return (await get(provider, asPath))?.['grant_types_supported']
    }
    const others = ['authorization_code', 'refresh_token']
    expect(await grantTypesOf({})).toEqual(others)
    expect(await grantTypesOf({ clients: [good] })).toEqual([...others, 'client_credentials'])
    expect(await grantTypesOf({ dangerouslyAllowClientCredentialsForAnyone: true })).toEqual([
      ...others,
      'client_credentials',
    ])
  })
})
