import {
  checkMount,
  JWTVerifier,
  MultiAuth,
  memoryStore,
  OAuthProvider,
  RemoteAuthProvider,
  type RoutedProvider,
  requireBearerAuth,
  toSdkVerifier,
} from '@tollgate/auth-core'
import { createBearerGate, mountedPaths } from '@tollgate/auth-core/adapter'
import * as forExpress from '@tollgate/auth-express'
import * as forFastify from '@tollgate/auth-fastify'
import * as forHono from '@tollgate/auth-hono'
import Fastify, { type FastifyPluginAsync } from 'fastify'
import { describe, expect, test } from 'vitest'
import { fromJavaScript } from '../harness/from-javascript.js'

const baseUrl = 'https://notes.example'
const issuer = 'https://issuer.example'

/** The options of `requireBearerAuth` of both SDKs. */
const sdkVerifier = { verifyAccessToken: async () => ({ token: 't', clientId: 'c', scopes: [] }) }
const gateOptions = {
  verifier: sdkVerifier,
  requiredScopes: ['notes:read'],
  resourceMetadataUrl: `${baseUrl}/.well-known/oauth-protected-resource`,
}

/** The options of `mcpAuthRouter` of SDK v1. */
const sdkProvider = {
  clientsStore: {},
  authorize: async () => {},
  challengeForAuthorizationCode: async () => '',
  exchangeAuthorizationCode: async () => ({}),
  exchangeRefreshToken: async () => ({}),
  verifyAccessToken: sdkVerifier.verifyAccessToken,
}
const routerOptions = { provider: sdkProvider, issuerUrl: new URL(issuer), scopesSupported: ['notes:read'] }

/** The options of `mcpAuthMetadataRouter` of both SDKs. */
const metadataOptions = { oauthMetadata: { issuer }, resourceServerUrl: new URL(`${baseUrl}/mcp`) }

async function register(plugin: unknown, options: object): Promise<void> {
  const app = Fastify()
  try {
    await app.register(fromJavaScript<FastifyPluginAsync>(plugin), options)
  } finally {
    await app.close()
  }
}

type Take = (argument: unknown) => unknown

const gates: [string, Take][] = [
  ['the core', (argument) => requireBearerAuth(fromJavaScript<RoutedProvider>(argument))],
  ['createBearerGate', (argument) => createBearerGate(fromJavaScript<RoutedProvider>(argument))],
  ['Express', (argument) => forExpress.requireBearerAuth(fromJavaScript<RoutedProvider>(argument))],
  ['Fastify', (argument) => forFastify.requireBearerAuth(fromJavaScript<RoutedProvider>(argument))],
  ['Hono', (argument) => forHono.requireBearerAuth(fromJavaScript<RoutedProvider>(argument))],
]

async function messageOf(take: Take, argument: unknown): Promise<string> {
  try {
    await take(argument)
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    return (error as TypeError).message
  }
  throw new Error('it was accepted')
}

describe.each(gates)('requireBearerAuth of %s', (_name, gate) => {
  test('A-82 requireBearerAuth names the replacement for options of the SDK', async () => {
    expect(await messageOf(gate, gateOptions)).toBe(
      'requireBearerAuth: { verifier } is for the SDK. Write requireBearerAuth(auth), where auth is the provider whose routes you mount, for example new RemoteAuthProvider({ baseUrl, authorizationServers, tokenVerifier }). "requiredScopes" is set on its tokenVerifier, "resourceMetadataUrl" nowhere.',
    )
  })

  test('A-82 requireBearerAuth explains how to convert a verifier of the SDK', async () => {
    expect(await messageOf(gate, sdkVerifier)).toMatch(
      /^requireBearerAuth: this is a verifier of the SDK\. Write .* extends TokenVerifier/,
    )
  })

  test('A-82 requireBearerAuth asks for the provider itself', async () => {
    expect(await messageOf(gate, { provider: sdkProvider })).toBe(
      'requireBearerAuth: pass the provider itself. Write requireBearerAuth(auth).',
    )
  })

  test.each([undefined, null, 'auth', {}, () => {}])(
    'A-82 requireBearerAuth refuses %s as a provider',
    async (argument) => {
      expect(await messageOf(gate, argument)).toBe(
        'requireBearerAuth: the provider must have verifyToken. Write requireBearerAuth(auth), where auth is an OAuthProvider or a RemoteAuthProvider.',
      )
    },
  )
})

test.each([
  ['requiredScopes', 'Use "scopes".'],
  ['resourceMetadataUrl', 'The provider knows it. Set "mcpPath" where there are several.'],
  ['verifier', 'Pass the provider as the first argument.'],
])('A-82 the SDK gate option %s is refused with its replacement', (name, advice) => {
  expect(() => requireBearerAuth(new JWTVerifier({ issuer }), fromJavaScript({ [name]: 'a' }))).toThrow(
    new TypeError(`requireBearerAuth: "${name}" is not an option. ${advice}`),
  )
})

const routers: [name: string, call: string, take: Take][] = [
  [
    'mountedPaths',
    "mountedPaths(auth, { mcpPath: '/mcp' })",
    (argument) => mountedPaths(fromJavaScript<RoutedProvider>(argument)),
  ],
  [
    'mcpAuthRouter',
    "mcpAuthRouter(auth, { mcpPath: '/mcp' })",
    (argument) => forExpress.mcpAuthRouter(fromJavaScript<RoutedProvider>(argument)),
  ],
  [
    'mcpAuthWellKnown',
    "mcpAuthWellKnown(auth, { mcpPath: '/mcp' })",
    (argument) => forExpress.mcpAuthWellKnown(fromJavaScript<RoutedProvider>(argument)),
  ],
  [
    'mcpAuthRoutes',
    "mcpAuthRoutes(auth, { mcpPath: '/mcp' })",
    (argument) => forHono.mcpAuthRoutes(fromJavaScript<RoutedProvider>(argument)),
  ],
  [
    'mcpAuthWellKnown',
    "mcpAuthWellKnown(auth, { mcpPath: '/mcp' })",
    (argument) => forHono.mcpAuthWellKnown(fromJavaScript<RoutedProvider>(argument)),
  ],
  [
    'mcpAuth',
    "app.register(mcpAuth, { provider: auth, mcpPath: '/mcp' })",
    (provider) => register(forFastify.mcpAuth, { provider }),
  ],
  [
    'mcpAuthWellKnown',
    "app.register(mcpAuthWellKnown, { provider: auth, mcpPath: '/mcp' })",
    (provider) => register(forFastify.mcpAuthWellKnown, { provider }),
  ],
  ['checkMount', 'checkMount(auth)', (argument) => checkMount(fromJavaScript<RoutedProvider>(argument))],
]

const ownProvider = 'new OAuthProvider({ baseUrl, signIn, store })'
const remoteProvider = 'new RemoteAuthProvider({ baseUrl, authorizationServers, tokenVerifier })'

describe.each(routers)('%s, as in %s,', (name, call, take) => {
  test.each([
    [
      'the options of mcpAuthRouter',
      routerOptions,
      `{ provider } is for the SDK. Write ${call}, where auth is the provider itself: ${ownProvider}, or ${remoteProvider} if tokens come from elsewhere. The other options are set on it.`,
    ],
    [
      'the options of mcpAuthMetadataRouter',
      metadataOptions,
      `{ oauthMetadata } is for the SDK. Write ${call}, where auth is ${remoteProvider}.`,
    ],
    [
      'a provider of the SDK',
      sdkProvider,
      `this is a provider of the SDK. Write ${call}, where auth is ${ownProvider}.`,
    ],
    [
      'a provider without routes',
      { verifyToken: async () => null },
      `this provider has no routes. Write ${call}, where auth is ${remoteProvider}.`,
    ],
    [
      'nothing',
      undefined,
      `the provider must have setMcpPath, getRoutes, getWellKnownRoutes. Write ${call}, where auth is an OAuthProvider or a RemoteAuthProvider.`,
    ],
  ])('A-82 the error names the replacement for %s', async (_what, argument, advice) => {
    expect(await messageOf(take, argument)).toBe(`${name}: ${advice}`)
  })
})

test.each([
  ['issuerUrl', 'Set it on the provider.'],
  ['baseUrl', 'Set it on the provider.'],
  ['scopesSupported', 'Set it on the provider.'],
  ['resourceName', 'Set it on the provider.'],
  ['serviceDocumentationUrl', 'Set "serviceDocumentation" on the provider.'],
  ['resourceServerUrl', 'The resource is "baseUrl" of the provider and "mcpPath".'],
])('A-82 the mcpAuthRouter option %s of the SDK is refused with its replacement', async (name, advice) => {
  const provider = new OAuthProvider({ baseUrl, store: memoryStore(), signIn: () => ({ subject: 'alice' }) })
  const options = { mcpPath: '/mcp', [name]: 'a' }
  const message = `"${name}" is not an option. ${advice}`

  expect(() => forExpress.mcpAuthRouter(provider, fromJavaScript(options))).toThrow(
    new TypeError(`mcpAuthRouter: ${message}`),
  )
  expect(() => forHono.mcpAuthRoutes(provider, fromJavaScript(options))).toThrow(
    new TypeError(`mcpAuthRoutes: ${message}`),
  )
  await expect(register(forFastify.mcpAuth, { provider, ...options })).rejects.toThrow(
    new TypeError(`mcpAuth: ${message}`),
  )
})

const advice =
  'This is a verifier of the SDK. Make a class of it that extends TokenVerifier, whose verifyToken returns an AccessToken, or null for an invalid token.'

test.each<[string, Take]>([
  [
    'RemoteAuthProvider: "tokenVerifier"',
    (tokenVerifier) =>
      new RemoteAuthProvider({
        baseUrl,
        authorizationServers: [issuer],
        tokenVerifier: fromJavaScript<RoutedProvider>(tokenVerifier),
      }),
  ],
  [
    'MultiAuth: each of "verifiers"',
    (verifier) =>
      new MultiAuth({ verifiers: [new JWTVerifier({ issuer }), fromJavaScript<RoutedProvider>(verifier)] }),
  ],
  ['MultiAuth: "server"', (server) => new MultiAuth({ server: fromJavaScript<RoutedProvider>(server) })],
])('A-82 %s cannot be a verifier of the SDK', async (option, take) => {
  expect(await messageOf(take, sdkVerifier)).toBe(`${option} must have a method verifyToken. ${advice}`)
})

test('A-82 the server of a MultiAuth needs routes', async () => {
  const server = fromJavaScript<OAuthProvider>({ requiredScopes: [], verifyToken: async () => null })

  expect(() => new MultiAuth({ server })).toThrow(/^MultiAuth: this provider has no routes/)
})

test('A-82 toSdkVerifier names the replacement for options of the SDK', async () => {
  const take: Take = (argument) =>
    toSdkVerifier(fromJavaScript<RoutedProvider>(argument), { InvalidTokenError: Error })

  expect(await messageOf(take, gateOptions)).toMatch(/^toSdkVerifier: \{ verifier \} is for the SDK/)
})
