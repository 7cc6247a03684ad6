import { readdirSync, readFileSync } from 'node:fs'
import {
  type AccessTokenFields,
  type AuthProviderOptions,
  type BearerGateOptions,
  type CheckMountOptions,
  type ClientIdMetadataDocumentOptions,
  type DebugTokenVerifierOptions,
  type DynamicRegistrationOptions,
  type EncryptedStoreOptions,
  type IntrospectionTokenVerifierOptions,
  type JWTVerifierOptions,
  type MemoryStoreOptions,
  type MountOptions,
  type MultiAuthOptions,
  OAuthError,
  type OAuthErrorCode,
  type OAuthErrorOptions,
  type OAuthProviderOptions,
  type PrivateKeyJWTClientAuthenticatorOptions,
  type Recipient,
  type RemoteAuthProviderOptions,
  type SdkVerifierOptions,
  type StaticTokenVerifierOptions,
  type TokenHandlerOptions,
  type ToolScopesOptions,
  type ToRouteOptions,
} from '@tollgate/auth-core'
import type { McpHandlerOptions } from '@tollgate/auth-express'
import { expect, test } from 'vitest'

/** The compiler fails for a missing name and for one that does not exist. */
type Names<Options> = Readonly<Record<Options extends unknown ? keyof Options : never, true>>

/** A verifier inherits the URLs of the provider around it. */
type Own<Options> = Omit<Names<Options>, 'baseUrl' | 'resourceBaseUrl'>

const provider: Names<OAuthProviderOptions> = {
  baseUrl: true,
  issuerUrl: true,
  resourceBaseUrl: true,
  resources: true,
  endpoints: true,
  dangerouslyAllowInsecureUrls: true,
  signIn: true,
  isUserAllowed: true,
  requiredScopes: true,
  scopesSupported: true,
  challengeScopes: true,
  defaultScopes: true,
  impliesScope: true,
  name: true,
  logo: true,
  scopeDescriptions: true,
  consentPage: true,
  errorPage: true,
  clientIdMetadataDocuments: true,
  ssrfSafeFetch: true,
  dynamicRegistration: true,
  clients: true,
  allowedRedirectUris: true,
  wellKnownRedirectUris: true,
  dangerouslyAllowClientCredentialsForAnyone: true,
  enforceApplicationType: true,
  clientSecretLifetime: true,
  strictAudience: true,
  accessTokenFormat: true,
  signingAlgorithm: true,
  signingKeys: true,
  refreshGrace: true,
  stepUpOnRefresh: true,
  revocationLag: true,
  invalidGrantStatus: true,
  lifetimes: true,
  store: true,
  dangerouslyAllowEventualConsistency: true,
  onEvent: true,
  rateLimit: true,
  clientAddress: true,
  resourceName: true,
  resourceDocumentation: true,
  serviceDocumentation: true,
  now: true,
}

const lifetimes: Names<NonNullable<OAuthProviderOptions['lifetimes']>> = {
  accessToken: true,
  authorizationCode: true,
  refreshToken: true,
  refreshTokenIdle: true,
  consent: true,
  unusedRegistration: true,
  briefRegistration: true,
  registration: true,
  signingKey: true,
}

const documents: Names<ClientIdMetadataDocumentOptions> = {
  allows: true,
  pinned: true,
  sizeLimit: true,
  sameOriginRedirects: true,
}

const registration: Names<DynamicRegistrationOptions> = { initialAccessToken: true }

const remote: Names<RemoteAuthProviderOptions> = {
  baseUrl: true,
  resourceBaseUrl: true,
  authorizationServers: true,
  tokenVerifier: true,
  scopesSupported: true,
  challengeScopes: true,
  impliesScope: true,
  resourceName: true,
  resourceDocumentation: true,
  onEvent: true,
  dangerouslyAllowInsecureUrls: true,
}

const shared: Names<AuthProviderOptions> = {
  baseUrl: true,
  resourceBaseUrl: true,
  requiredScopes: true,
  impliesScope: true,
  onEvent: true,
  dangerouslyAllowInsecureUrls: true,
}

const multi: Names<MultiAuthOptions> = { ...shared, server: true, verifiers: true }

const verifier: Own<AuthProviderOptions> = {
  requiredScopes: true,
  impliesScope: true,
  onEvent: true,
  dangerouslyAllowInsecureUrls: true,
}

const jwt: Own<JWTVerifierOptions> = {
  ...verifier,
  issuer: true,
  tenants: true,
  audience: true,
  recipient: true,
  scopes: true,
  clientId: true,
  typ: true,
  profile: true,
  claims: true,
  algorithms: true,
  jwksUri: true,
  jwks: true,
  publicKey: true,
  secret: true,
  dangerouslyAcceptBoundTokensAsBearer: true,
  clockTolerance: true,
  timeout: true,
  fetch: true,
  now: true,
}

const recipient: Names<Recipient> = { claim: true, values: true, ignoredAudiences: true }

const introspection: Own<IntrospectionTokenVerifierOptions> = {
  ...verifier,
  introspectionUrl: true,
  clientId: true,
  clientAuthMethod: true,
  clientSecret: true,
  privateKey: true,
  assertionAudience: true,
  audience: true,
  recipient: true,
  scopes: true,
  tokenClientId: true,
  issuer: true,
  claims: true,
  dangerouslyAllowAnyAudience: true,
  dangerouslyAcceptBoundTokensAsBearer: true,
  allowMissingExp: true,
  cacheLifetime: true,
  maxCacheSize: true,
  refusalLifetime: true,
  maxConcurrency: true,
  timeout: true,
  clockTolerance: true,
  fetch: true,
  now: true,
}

const fixed: Own<StaticTokenVerifierOptions> = { ...verifier, tokens: true, issuer: true, now: true }

const debug: Own<DebugTokenVerifierOptions> = {
  ...verifier,
  validate: true,
  clientId: true,
  scopes: true,
  subject: true,
  dangerouslyAllowInProduction: true,
  now: true,
}

const tokenHandler: Names<TokenHandlerOptions> = {
  provider: true,
  clientAuthenticator: true,
  invalidGrantStatus: true,
}

const authenticator: Names<PrivateKeyJWTClientAuthenticatorOptions> = { provider: true, strictAudience: true }

const memory: Names<MemoryStoreOptions> = { now: true }

const encrypted: Names<EncryptedStoreOptions> = { keys: true, dangerouslyAcceptPlaintext: true }

const mountCheck: Names<CheckMountOptions> = {
  fetch: true,
  timeout: true,
  toolScopes: true,
  token: true,
  clientDocument: true,
}

const route: Names<ToRouteOptions> = {
  path: true,
  methods: true,
  baseUrl: true,
  bodyLimit: true,
  onEvent: true,
}

const token: Names<AccessTokenFields> = {
  token: true,
  clientId: true,
  scopes: true,
  expiresAt: true,
  issuer: true,
  subject: true,
  resource: true,
  claims: true,
}

const error: Names<OAuthErrorOptions> = {
  status: true,
  reason: true,
  hint: true,
  clientId: true,
  cause: true,
  retryAfter: true,
  challenge: true,
}

const sdkVerifier: Names<SdkVerifierOptions> = { mcpPath: true, onEvent: true }

const gate: Names<BearerGateOptions> = {
  scopes: true,
  mcpPath: true,
  allowAnonymous: true,
  dangerouslyAllowAnonymousEverything: true,
  allowedOrigins: true,
  onEvent: true,
}

const mount: Names<MountOptions> = { mcpPath: true, basePath: true }

const toolScopes: Names<ToolScopesOptions> = { refuseUnnamedTools: true }

const handler: Names<McpHandlerOptions> = { unprotected: true, otherGate: true }

const tables: readonly (readonly [page: string, heading: string, options: object])[] = [
  ['options', '`OAuthProvider`', provider],
  ['options', '`clientIdMetadataDocuments`', documents],
  ['options', '`dynamicRegistration`', registration],
  ['options', '`RemoteAuthProvider`', remote],
  ['options', '`MultiAuth`', multi],
  ['options', '`AuthProvider`', shared],
  ['options', '`TokenHandler`', tokenHandler],
  ['options', '`PrivateKeyJWTClientAuthenticator`', authenticator],
  ['options', '`memoryStore`', memory],
  ['options', '`encryptedStore`', encrypted],
  ['options', '`checkMount`', mountCheck],
  ['options', '`toRoute`', route],
  ['options', '`AccessToken`', token],
  ['options', '`OAuthError`', error],
  ['options', 'SDK helpers', sdkVerifier],
  ['verifier-options', '`JWTVerifier`', { ...jwt, ...recipient }],
  ['verifier-options', '`IntrospectionTokenVerifier`', introspection],
  ['verifier-options', '`StaticTokenVerifier`', fixed],
  ['verifier-options', '`DebugTokenVerifier`', debug],
  ['lifetimes', '`lifetimes` of `OAuthProvider`', lifetimes],
  ['adapters', 'Mount options', mount],
  ['adapters', 'Gate options', gate],
  ['adapters', '`requireToolScopes`', toolScopes],
  ['adapters', '`mcpHandler`', handler],
]

test.each(tables)('docs/reference/%s.md lists every option of %s, and no other', (page, heading, options) => {
  const text = readFileSync(new URL(`../../../docs/reference/${page}.md`, import.meta.url), 'utf8')
  const section = text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const rows = [...section.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)]
  const listed = rows.flatMap(([, names = '']) => names.split(', ').map((name) => name.slice(1, -1)))
  expect(listed.sort()).toEqual(Object.keys(options).sort())
})

const codes: Readonly<Record<OAuthErrorCode, true>> = {
  invalid_request: true,
  invalid_client: true,
  invalid_grant: true,
  unauthorized_client: true,
  unsupported_grant_type: true,
  unsupported_response_type: true,
  invalid_scope: true,
  access_denied: true,
  server_error: true,
  temporarily_unavailable: true,
  invalid_token: true,
  insufficient_scope: true,
  invalid_redirect_uri: true,
  invalid_client_metadata: true,
  invalid_target: true,
  request_not_supported: true,
  request_uri_not_supported: true,
}

test('docs/reference/errors.md lists every OAuth error code with its status, and no other', () => {
  const text = readFileSync(new URL('../../../docs/reference/errors.md', import.meta.url), 'utf8')
  const rows = [...text.matchAll(/^\| `([a-z_]+)` \| (\d{3}) \|/gm)]
  const documented = Object.fromEntries(rows.map(([, code = '', status]) => [code, Number(status)]))
  const names = Object.keys(codes) as OAuthErrorCode[]
  expect(documented).toEqual(Object.fromEntries(names.map((code) => [code, new OAuthError(code, '').status])))
})

test('docs/troubleshooting.md names events and reasons that exist', () => {
  const read = (page: string) => readFileSync(new URL(`../../../docs/${page}.md`, import.meta.url), 'utf8')
  const names = (text: string, pattern: RegExp) =>
    new Set([...text.matchAll(pattern)].map(([, name]) => name))
  const events = names(read('reference/events'), /^\| `([a-z]+\.[a-z]+)` \|/gm)
  const kinds = new Set([...events].map((type) => type?.split('.')[0]))
  const reasons = names(read('reference/reasons'), /^\| `(\w+)` \|/gm)
  const page = read('troubleshooting')
  const named = [...names(page, /`([a-z]+\.[a-z]+)`/g)].filter((type) => kinds.has(type?.split('.')[0]))
  expect(named.length).toBeGreaterThan(5)
  expect(named.filter((type) => !events.has(type))).toEqual([])
  const tables = page.split('\n## ').filter((section) => section.includes('\n| `reason` |'))
  const inTables = tables.flatMap((section) => [
    ...names(section.split('\n| `reason` |')[1] ?? '', /^\| `(\w+)`/gm),
  ])
  expect(inTables.length).toBeGreaterThan(20)
  expect(inTables.filter((reason) => !reasons.has(reason))).toEqual([])
})

test('docs/reference/errors.md names every option that a TypeError of the source names', () => {
  const packages = new URL('../../../packages/', import.meta.url)
  const sources = ['auth-core', 'auth-express', 'auth-fastify', 'auth-hono'].flatMap((name) => {
    const folder = new URL(`${name}/src/`, packages)
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(new URL(file.replaceAll('\\', '/'), folder), 'utf8'))
  })
  const errors = sources.flatMap((source) => [...source.matchAll(/new TypeError\(([\s\S]*?)\)[;\n]/g)])
  const named = new Set(
    errors.flatMap(([text]) => [...text.matchAll(/"([a-zA-Z]{3,})"/g)]).map(([, name = '']) => name),
  )
  const page = readFileSync(new URL('../../../docs/reference/errors.md', import.meta.url), 'utf8')
  expect(named.size).toBeGreaterThan(20)
  expect([...named].filter((name) => !page.includes(name))).toEqual([])
})
