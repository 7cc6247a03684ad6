import { readdirSync, readFileSync } from 'node:fs'
import * as core from '@tollgate/auth-core'
import {
  AccessToken,
  AuthProvider,
  DebugTokenVerifier,
  IntrospectionTokenVerifier,
  JWTVerifier,
  MultiAuth,
  memoryStore,
  OAuthProvider,
  RemoteAuthProvider,
  StaticTokenVerifier,
  secretDigest,
  TokenVerifier,
} from '@tollgate/auth-core'
import * as adapter from '@tollgate/auth-core/adapter'
import * as context from '@tollgate/auth-core/context'
import * as node from '@tollgate/auth-core/node'
import * as resourceServer from '@tollgate/auth-core/resource-server'
import * as forExpress from '@tollgate/auth-express'
import * as forFastify from '@tollgate/auth-fastify'
import * as forHono from '@tollgate/auth-hono'
import * as testing from '@tollgate/auth-testing'
import Fastify, { type FastifyPluginAsync } from 'fastify'
import { describe, expect, test } from 'vitest'
import { aliases } from '../../../../vitest.aliases.js'
import { fromJavaScript } from '../harness/from-javascript.js'

/** Options from JavaScript, where no compiler refuses a misspelled name. */
type Surplus = Readonly<Record<string, unknown>>

/** Passes options on: valid ones and `surplus`. */
type Take = (surplus: Surplus) => unknown

const issuer = 'https://issuer.example.com'
const baseUrl = 'https://notes.example.com'
const signIn = () => ({ subject: 'alice' })
const digest = await secretDigest('a secret of a client, long enough')
const bytes = new Uint8Array(32)

function withSurplus<Options>(valid: object, surplus: Surplus): Options {
  return fromJavaScript<Options>({ ...valid, ...surplus })
}

function provider(options: object = {}): OAuthProvider {
  const valid = { baseUrl, signIn, store: memoryStore(), ...options }
  return new OAuthProvider(fromJavaScript<ConstructorParameters<typeof OAuthProvider>[0]>(valid))
}

function boundProvider(): OAuthProvider {
  const bound = provider()
  bound.setMcpPath('/mcp')
  return bound
}

const target = { fetch: async () => new Response(null) }

const verifier = () => new JWTVerifier({ issuer })

class OwnProvider extends AuthProvider {
  override async verifyToken(): Promise<null> {
    return null
  }
}

class OwnVerifier extends TokenVerifier {
  override async verifyToken(): Promise<null> {
    return null
  }
}

async function register<Options extends object>(
  plugin: FastifyPluginAsync<Options>,
  options: Options,
): Promise<void> {
  const app = Fastify()
  try {
    await app.register(fromJavaScript<FastifyPluginAsync>(plugin), options)
  } finally {
    await app.close()
  }
}

const mountOf = (surplus: Surplus) => withSurplus<core.MountOptions>({ mcpPath: '/mcp' }, surplus)

/** Every export with options, by name: itself, its nested options and its methods. */
const takers: Readonly<Record<string, Readonly<Record<string, Take>>>> = {
  AccessToken: {
    AccessToken: (surplus) =>
      new AccessToken(
        withSurplus<core.AccessTokenFields>({ token: 't', clientId: 'notes', scopes: [] }, surplus),
      ),
  },
  AuthProvider: {
    AuthProvider: (surplus) => new OwnProvider(surplus),
    getMiddleware: (surplus) => boundProvider().getMiddleware(surplus),
  },
  TokenVerifier: { TokenVerifier: (surplus) => new OwnVerifier(surplus) },
  JWTVerifier: {
    JWTVerifier: (surplus) => new JWTVerifier(withSurplus({ issuer }, surplus)),
    recipient: (surplus) =>
      new JWTVerifier({ issuer, recipient: withSurplus({ claim: 'azp', values: 'notes' }, surplus) }),
  },
  IntrospectionTokenVerifier: {
    IntrospectionTokenVerifier: (surplus) => {
      const valid = { introspectionUrl: `${issuer}/introspect`, clientId: 'notes', clientSecret: 'secret' }
      return new IntrospectionTokenVerifier(withSurplus(valid, surplus))
    },
  },
  DebugTokenVerifier: { DebugTokenVerifier: (surplus) => new DebugTokenVerifier(surplus) },
  StaticTokenVerifier: {
    StaticTokenVerifier: (surplus) => new StaticTokenVerifier(withSurplus({ tokens: {} }, surplus)),
    'StaticTokenVerifier tokens': (surplus) =>
      new StaticTokenVerifier({ tokens: { 'a token': withSurplus({ clientId: 'notes' }, surplus) } }),
  },
  RemoteAuthProvider: {
    RemoteAuthProvider: (surplus) => {
      const valid = { baseUrl, tokenVerifier: verifier(), authorizationServers: [issuer] }
      return new RemoteAuthProvider(withSurplus<core.RemoteAuthProviderOptions>(valid, surplus))
    },
  },
  MultiAuth: {
    MultiAuth: (surplus) =>
      new MultiAuth(withSurplus<core.MultiAuthOptions>({ verifiers: verifier() }, surplus)),
  },
  OAuthProvider: {
    OAuthProvider: (surplus) => provider(surplus),
    allowedRedirectUris: (surplus) =>
      provider({ allowedRedirectUris: [{ prefix: 'com.example.notes:/callback/', ...surplus }] }),
    lifetimes: (surplus) => provider({ lifetimes: surplus }),
    endpoints: (surplus) => provider({ endpoints: surplus }),
    dynamicRegistration: (surplus) =>
      provider({ dynamicRegistration: { initialAccessToken: [{ digest }], ...surplus } }),
    'dynamicRegistration.initialAccessToken': (surplus) =>
      provider({ dynamicRegistration: { initialAccessToken: [{ digest, ...surplus }] } }),
    clientIdMetadataDocuments: (surplus) => provider({ clientIdMetadataDocuments: surplus }),
    clients: (surplus) =>
      provider({ clients: [{ client_id: 'job', grant_types: [], secrets: [{ digest }], ...surplus }] }),
    'clients.secrets': (surplus) =>
      provider({ clients: [{ client_id: 'job', grant_types: [], secrets: [{ digest, ...surplus }] }] }),
    signingKeys: (surplus) =>
      provider({
        signingKeys: [
          { publicJwk: { kty: 'EC', crv: 'P-256', alg: 'ES256' }, sign: async () => bytes, ...surplus },
        ],
      }),
    revokeTokens: (surplus) => provider().revokeTokens(withSurplus({ subject: 'alice' }, surplus)),
  },
  TokenHandler: {
    TokenHandler: (surplus) => new core.TokenHandler(withSurplus({ provider: provider() }, surplus)),
  },
  PrivateKeyJWTClientAuthenticator: {
    PrivateKeyJWTClientAuthenticator: (surplus) =>
      new core.PrivateKeyJWTClientAuthenticator(withSurplus({ provider: provider() }, surplus)),
  },
  OAuthError: {
    OAuthError: (surplus) => new core.OAuthError('invalid_request', 'A description.', surplus),
  },
  buildProtectedResourceMetadata: {
    buildProtectedResourceMetadata: (surplus) =>
      adapter.buildProtectedResourceMetadata(
        withSurplus({ resource: baseUrl, authorizationServers: [issuer] }, surplus),
      ),
  },
  checkMount: {
    checkMount: (surplus) =>
      core.checkMount(boundProvider(), { fetch: async () => new Response(null), ...surplus }),
  },
  createBearerGate: {
    createBearerGate: (surplus) => adapter.createBearerGate(boundProvider(), surplus),
    allowAnonymous: (surplus) => adapter.createBearerGate(boundProvider(), { allowAnonymous: surplus }),
  },
  createMcpGuard: { createMcpGuard: (surplus) => adapter.createMcpGuard(surplus) },
  mcpHandler: {
    'mcpHandler of Express': (surplus) => forExpress.mcpHandler(target, surplus),
    'mcpHandler of Fastify': (surplus) => forFastify.mcpHandler(target, surplus),
    'mcpHandler of Hono': (surplus) => forHono.mcpHandler(target, surplus),
  },
  requireBearerAuth: {
    'requireBearerAuth of the core': (surplus) => core.requireBearerAuth(boundProvider(), surplus),
    'requireBearerAuth of Express': (surplus) => forExpress.requireBearerAuth(boundProvider(), surplus),
    'requireBearerAuth of Fastify': (surplus) => forFastify.requireBearerAuth(boundProvider(), surplus),
    'requireBearerAuth of Hono': (surplus) => forHono.requireBearerAuth(boundProvider(), surplus),
  },
  checkedToolScopesOptions: {
    checkedToolScopesOptions: (surplus) => adapter.checkedToolScopesOptions(surplus),
  },
  requireToolScopes: {
    'requireToolScopes of Express': (surplus) => forExpress.requireToolScopes({}, surplus),
    'requireToolScopes of Fastify': (surplus) => forFastify.requireToolScopes({}, surplus),
    'requireToolScopes of Hono': (surplus) => forHono.requireToolScopes({}, surplus),
  },
  encryptedStore: {
    encryptedStore: (surplus) =>
      core.encryptedStore(memoryStore(), withSurplus({ keys: [{ id: 'a', key: bytes }] }, surplus)),
    'encryptedStore keys': (surplus) =>
      core.encryptedStore(memoryStore(), { keys: [withSurplus({ id: 'a', key: bytes }, surplus)] }),
  },
  memoryStore: { memoryStore: (surplus) => memoryStore(surplus) },
  memoryRateLimit: {
    memoryRateLimit: (surplus) => core.memoryRateLimit(surplus),
    'memoryRateLimit registrations': (surplus) =>
      core.memoryRateLimit({ registrations: withSurplus({ burst: 1, perMinute: 1 }, surplus) }),
  },
  mountedPaths: { mountedPaths: (surplus) => adapter.mountedPaths(provider(), mountOf(surplus)) },
  toSdkVerifier: {
    toSdkVerifier: (surplus) => core.toSdkVerifier(provider(), { InvalidTokenError: Error }, surplus),
  },
  toRoute: {
    toRoute: (surplus) =>
      core.toRoute(
        () => new Response(),
        withSurplus<core.ToRouteOptions>({ path: '/a', methods: ['GET'], baseUrl }, surplus),
      ),
  },
  mcpAuthRouter: { mcpAuthRouter: (surplus) => forExpress.mcpAuthRouter(provider(), mountOf(surplus)) },
  mcpAuthWellKnown: {
    'mcpAuthWellKnown of Express': (surplus) => forExpress.mcpAuthWellKnown(provider(), mountOf(surplus)),
    'mcpAuthWellKnown of Fastify': (surplus) =>
      register(forFastify.mcpAuthWellKnown, { provider: provider(), ...mountOf(surplus) }),
    'mcpAuthWellKnown of Hono': (surplus) => forHono.mcpAuthWellKnown(provider(), mountOf(surplus)),
  },
  mcpAuth: {
    mcpAuth: (surplus) => register(forFastify.mcpAuth, { provider: provider(), ...mountOf(surplus) }),
  },
  mcpAuthRoutes: { mcpAuthRoutes: (surplus) => forHono.mcpAuthRoutes(provider(), mountOf(surplus)) },
  createTestIssuer: {
    createTestIssuer: (surplus) => testing.createTestIssuer(surplus),
    mint: async (surplus) => (await testing.createTestIssuer()).mint(surplus),
    announceKey: async (surplus) => (await testing.createTestIssuer()).announceKey(surplus),
    rotateKeys: async (surplus) => (await testing.createTestIssuer()).rotateKeys(surplus),
  },
  listenTestIssuer: {
    listenTestIssuer: async (surplus) => (await testing.listenTestIssuer(surplus)).close(),
  },
}

/** Exports without options. A function that gets options moves to the table above. */
const withoutOptions: readonly string[] = [
  'WebGateRequest',
  'accessTokenOf',
  'admissionOf',
  'admitNodeRequest',
  'authenticateNodeRequest',
  'bodyTooLargeResponse',
  'callOf',
  'checkedToolScopes',
  'closeAfterUse',
  'decodeToken',
  'dispatch',
  'fromNodeRequest',
  'fromWebRequest',
  'getAuth',
  'html',
  'internalErrorResponse',
  'isMcpMethod',
  'isPromiseLike',
  'isSameCaller',
  'logEvents',
  'mcpBodyLimit',
  'methodNotAllowedResponse',
  'noteAdmission',
  'parseErrorResponse',
  'protectedResourceMetadataUrl',
  'raw',
  'protectedResponse',
  'protectedResponseHeaders',
  'readMcpBody',
  'readNodeBody',
  'refuseToolCalls',
  'refuseUnknownOptions',
  'refuseWithoutSession',
  'respondWhile',
  'routeHandler',
  'scopesOfToolCalls',
  'secretDigest',
  'sendHttpResponse',
  'sendWebResponse',
  'serveMcp',
  'ssrfSafeFetch',
  'storeContract',
  'testClock',
  'toNodeHandler',
  'toSdkScopeChallenge',
  'toWebRequest',
  'toWebResponse',
  'wellKnownPath',
  'withAuth',
]

/** Option interfaces without a table of names, and the reason. */
const withoutNames: Readonly<Record<string, string>> = {
  RouteHandlerOptions: 'created here and passed to Fastify',
  PageOptions: 'part of OAuthProviderOptions',
  RateLimitOptions: 'part of OAuthProviderOptions',
  TokenVerifierOptions: 'the same names as AuthProviderOptions',
  MemoryRateLimitOptions: 'the table of rules has the names',
  McpAuthOptions: 'MountOptions, the provider, and what Fastify itself reads',
  VerifyTokenOptions: 'passed between providers, whose versions may differ',
  McpRequestOptions: 'passed to the handlers of the SDK',
  CheckedProviderOptions: 'the checked form of OAuthProviderOptions',
  CheckedIntrospectionOptions: 'the checked form of IntrospectionTokenVerifierOptions',
  FetchJsonOptions: 'inside the core',
  ClientDocumentsOptions: 'inside the core',
  StoredSigningKeysOptions: 'inside the core',
}

async function refusalOf(take: Take, surplus: Surplus): Promise<string | undefined> {
  try {
    await take(surplus)
    return undefined
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return error.message
  }
}

/** The names that `take` knows. Its error lists them for a name similar to none. */
async function namesKnownTo(take: Take): Promise<string[]> {
  const [, list = ''] = /The options are ([^.]+)\./.exec((await refusalOf(take, { ξξξξξξξξ: 1 })) ?? '') ?? []
  return list.split(', ').filter((name) => name !== '')
}

const spellings = [
  { spelling: 'without its last letter', misspell: (name: string) => name.slice(0, -1) },
  { spelling: 'in the plural', misspell: (name: string) => `${name}s` },
  {
    spelling: 'in snake case',
    misspell: (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  },
]

describe.each(Object.entries(takers).flatMap(([, ones]) => Object.entries(ones)))('%s', (_name, take) => {
  test('A-80 accepts valid options and undefined ones', async () => {
    expect(await refusalOf(take, { ξξξξξξξξ: undefined })).toBeUndefined()
  })

  test.each(spellings)('A-80 refuses each option $spelling and names the valid one', async ({ misspell }) => {
    const names = await namesKnownTo(take)
    expect(names).not.toEqual([])

    for (const name of names) {
      const misspelled = misspell(name)
      // `name` and `names` may both be options, and short names have no similar ones.
      if (names.includes(misspelled) || misspelled.length < 3) continue
      const refusal = await refusalOf(take, { [misspelled]: 'a value' })
      expect(refusal, misspelled).toMatch(/^\w+: "(?:[^"]*\.)?(\w+)" is not an option\./)
      expect(refusal, misspelled).toMatch(new RegExp(`Use "|[ ."]${name}"\\?`))
    }
  })
})

const entryPoints: Readonly<Record<string, object>> = {
  '@tollgate/auth-core': core,
  '@tollgate/auth-core/resource-server': resourceServer,
  '@tollgate/auth-core/adapter': adapter,
  '@tollgate/auth-core/node': node,
  '@tollgate/auth-core/context': context,
  '@tollgate/auth-express': forExpress,
  '@tollgate/auth-fastify': forFastify,
  '@tollgate/auth-hono': forHono,
  '@tollgate/auth-testing': testing,
}

test('the tests cover every entry point', () => {
  const specifiers = Object.keys(entryPoints)
  const unseen = aliases
    .filter(({ replacement }) => replacement.includes('/src/') && !replacement.includes('/outbound/'))
    .filter(({ find }) => !specifiers.some((specifier) => find.test(specifier)))

  expect(unseen).toEqual([])
})

test.each(Object.entries(entryPoints))(
  'the tests cover the options of every export of %s',
  (_name, exported) => {
    const known = [...Object.keys(takers), ...withoutOptions]

    expect(Object.keys(exported).filter((name) => !known.includes(name))).toEqual([])
  },
)

test('every name in the tables is an export', () => {
  const exported = Object.values(entryPoints).flatMap((entry) => Object.keys(entry))

  expect([...Object.keys(takers), ...withoutOptions].filter((name) => !exported.includes(name))).toEqual([])
})

/** All sources of the published packages. */
function* sources(): Generator<string> {
  const packages = new URL('../../../', import.meta.url)
  for (const folder of readdirSync(packages).filter((name) => name.startsWith('auth-'))) {
    const source = new URL(`${folder}/src/`, packages)
    for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
      if (file.endsWith('.ts')) yield readFileSync(new URL(file, source), 'utf8')
    }
  }
}

test('every interface of options has a table that the compiler checks', () => {
  const texts = [...sources()]
  const declared = texts.flatMap((text) =>
    [...text.matchAll(/^export (?:interface|type) (\w+Options)\b/gm)].map(([, name = '']) => name),
  )
  const withTable = new Set(
    texts.flatMap((text) =>
      [...text.matchAll(/satisfies Option(?:Names|Table)<(\w+)>/g)].map(([, name = '']) => name),
    ),
  )

  expect(declared.length).toBeGreaterThan(20)
  expect(declared.filter((name) => !withTable.has(name) && !Object.hasOwn(withoutNames, name))).toEqual([])
  expect(Object.keys(withoutNames).filter((name) => !declared.includes(name))).toEqual([])
})

describe('a subclass that passes its own options to super()', () => {
  class OfTenant extends JWTVerifier {
    constructor(options: core.JWTVerifierOptions & { readonly tenant: string }) {
      super(options)
    }
  }

  class Careful extends JWTVerifier {
    readonly tenant: string

    constructor({ tenant, ...options }: { readonly issuer: string; readonly tenant: string }) {
      super(options)
      this.tenant = tenant
    }
  }

  test('the subclass gets an error with a fix', () => {
    expect(() => new OfTenant({ issuer, tenant: 'a' })).toThrow(
      /^JWTVerifier: "tenant" is not an option\. .* A subclass must not pass options of its own to super\(\)\.$/,
    )
  })

  test('the subclass works when it keeps its options', () => {
    expect(new Careful({ issuer, tenant: 'a' }).tenant).toBe('a')
  })
})

test('O-01 a configured token is not part of the error about its option', () => {
  const tokens = { 'the-token-itself': { clientId: 'notes', expires_at: 1 } }

  expect(() => new StaticTokenVerifier({ tokens })).toThrow(
    new TypeError(
      'StaticTokenVerifier: "tokens[…].expires_at" is not an option. Did you mean "tokens[…].expiresAt"?',
    ),
  )
})

test('Fastify can read its own options beside those of the plugin', async () => {
  const options = { provider: provider(), mcpPath: '/mcp', prefix: '', logLevel: 'silent' as const }

  await expect(register(forFastify.mcpAuth, options)).resolves.toBeUndefined()
})
