import type { AuthInfo as AuthInfoOfV1 } from '@modelcontextprotocol/sdk/server/auth/types.js'
import type { AuthInfo as AuthInfoOfV2 } from '@modelcontextprotocol/server'
import { describe, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import type * as adapter from '../src/adapter.js'
import type { McpFetchHandler } from '../src/adapter.js'
import { createBearerGate } from '../src/adapter.js'
import type * as core from '../src/index.js'
import type {
  AccessToken,
  AuthEvent,
  AuthProviderLike,
  ClaimsSchema,
  HttpRequest,
  HttpResponse,
  JWTVerifierOptions,
  OAuthProviderOptions,
  RemoteAuthProviderOptions,
  RoutedProvider,
  SignInAnswer,
  Store,
} from '../src/index.js'
import {
  accessTokenOf,
  IntrospectionTokenVerifier,
  JWTVerifier,
  MultiAuth,
  RemoteAuthProvider,
  requireBearerAuth,
  toSdkVerifier,
} from '../src/index.js'
import type * as node from '../src/node.js'
import type * as resourceServer from '../src/resource-server.js'

type IsAny<T> = 0 extends 1 & T ? true : false
/** The members of a module, and what their functions take and answer, that have become `any`. */
type AnyMembers<M> = {
  [K in keyof M]: IsAny<M[K]> extends true
    ? K
    : M[K] extends (...args: infer A) => infer R
      ? IsAny<A[number]> extends true
        ? K
        : IsAny<R> extends true
          ? K
          : never
      : never
}[keyof M]

describe('AccessToken', () => {
  test('L-25 is the AuthInfo of both SDKs', () => {
    expectTypeOf<AccessToken>().toExtend<AuthInfoOfV1>()
    expectTypeOf<AccessToken>().toExtend<AuthInfoOfV2>()
    expectTypeOf<AccessToken<{ tenant: string }>>().toExtend<AuthInfoOfV2>()
    // `any` would make every assertion above pass.
    expectTypeOf<AuthInfoOfV1>().not.toBeAny()
    expectTypeOf<AuthInfoOfV2>().not.toBeAny()
    expectTypeOf<{ token: string }>().not.toExtend<AuthInfoOfV1>()
    expectTypeOf<{ token: string }>().not.toExtend<AuthInfoOfV2>()
  })

  test('has typed claims', () => {
    expectTypeOf<AccessToken<{ tenant: string }>['claims']['tenant']>().toBeString()
    expectTypeOf<AccessToken['claims']>().toEqualTypeOf<Record<string, unknown>>()
  })
})

test('no public member is any', () => {
  expectTypeOf<AnyMembers<{ found: typeof JSON.parse; fine: () => void }>>().toEqualTypeOf<'found'>()
  expectTypeOf<AnyMembers<typeof core>>().toBeNever()
  expectTypeOf<AnyMembers<typeof resourceServer>>().toBeNever()
  expectTypeOf<AnyMembers<typeof adapter>>().toBeNever()
  expectTypeOf<AnyMembers<typeof node>>().toBeNever()
  expectTypeOf<AuthEvent>().not.toBeAny()
  expectTypeOf<HttpRequest>().not.toBeAny()
  expectTypeOf<HttpResponse>().not.toBeAny()
  expectTypeOf<SignInAnswer>().not.toBeAny()
  expectTypeOf<Store>().not.toBeAny()
  expectTypeOf<JWTVerifierOptions>().not.toBeAny()
  expectTypeOf<OAuthProviderOptions>().not.toBeAny()
})

describe('keys of a JWTVerifier', () => {
  const issuer = 'https://login.example.com'

  test('come from exactly one source', () => {
    const accepts = (_options: JWTVerifierOptions) => {}
    accepts({ issuer })
    accepts({ issuer, publicKey: 'pem' })
    accepts({ issuer, jwks: { keys: [] } })
    accepts({ issuer, jwksUri: 'https://login.example.com/jwks' })
    accepts({ issuer, secret: 'secret' })
    // @ts-expect-error a key and a secret
    accepts({ issuer, publicKey: 'pem', secret: 'secret' })
    // @ts-expect-error a key and a document
    accepts({ issuer, publicKey: 'pem', jwks: { keys: [] } })
    // @ts-expect-error a document and its address
    accepts({ issuer, jwks: { keys: [] }, jwksUri: 'https://login.example.com/jwks' })
    // @ts-expect-error an address and a secret
    accepts({ issuer, jwksUri: 'https://login.example.com/jwks', secret: 'secret' })
    // @ts-expect-error whose tokens?
    accepts({ publicKey: 'pem' })
  })
})

test('a provider may be any object of its shape', () => {
  expectTypeOf<RemoteAuthProvider>().toExtend<RoutedProvider>()
  const verifier = { requiredScopes: [], verifyToken: async (_token: string) => null }
  expectTypeOf(verifier).toExtend<AuthProviderLike>()
  expectTypeOf<RemoteAuthProviderOptions['tokenVerifier']>().toEqualTypeOf<AuthProviderLike>()
})

describe('claims of a schema', () => {
  const claims = z.object({ tenant: z.string(), plan: z.string().default('free') })
  const jwks = { keys: [] }
  const verifier = new JWTVerifier({ issuer: 'https://login.example.com', jwks, claims })
  const introspection = new IntrospectionTokenVerifier({
    introspectionUrl: 'https://login.example.com/introspect',
    clientId: 'rs',
    clientSecret: 'secret',
    claims,
  })
  const provider = new RemoteAuthProvider({
    baseUrl: 'https://api.example.com',
    authorizationServers: ['https://login.example.com'],
    tokenVerifier: verifier,
  })
  const plainVerifier = new JWTVerifier({ issuer: 'https://login.example.com', jwks })
  const otherVerifier: AuthProviderLike<{ robot: true }> = {
    requiredScopes: [],
    verifyToken: async () => null,
  }
  interface Output {
    tenant: string
    plan: string
  }
  type Verified<P extends { verifyToken(token: string): unknown }> = Awaited<ReturnType<P['verifyToken']>>

  test('have the output type of the schema, from the verifier to the handler', () => {
    expectTypeOf(verifier).toEqualTypeOf<JWTVerifier<{ tenant: string; plan: string }>>()
    expectTypeOf<Verified<typeof verifier>>().toExtend<AccessToken<Output> | null>()
    expectTypeOf<Verified<typeof introspection>>().toExtend<AccessToken<Output> | null>()
    expectTypeOf<Verified<typeof provider>>().toExtend<AccessToken<Output> | null>()
    const accessToken = accessTokenOf({}, provider)
    expectTypeOf(accessToken?.claims.tenant).toEqualTypeOf<string | undefined>()
    // @ts-expect-error the schema knows of no such claim
    void accessToken?.claims.other
    expectTypeOf(
      toSdkVerifier(provider, { OAuthError: Error as never }).verifyAccessToken,
    ).returns.toEqualTypeOf<Promise<AccessToken<{ tenant: string; plan: string }>>>()
  })

  test('are unknown without a schema', () => {
    const plain = new JWTVerifier({ issuer: 'https://login.example.com', jwks })
    expectTypeOf(plain).toEqualTypeOf<JWTVerifier>()
    expectTypeOf(accessTokenOf({}, plain)?.claims).toEqualTypeOf<Record<string, unknown> | undefined>()
    expectTypeOf(accessTokenOf({})?.claims).toEqualTypeOf<Record<string, unknown> | undefined>()
  })

  test('have the type of the token that the gate returns', () => {
    provider.setMcpPath('/mcp')
    const authenticate = requireBearerAuth(provider)
    type Answer = Awaited<ReturnType<typeof authenticate>>
    expectTypeOf<Exclude<Answer, Response>['claims']['plan']>().toBeString()
    const open = requireBearerAuth(provider, { allowAnonymous: { tools: ['search'] } })
    expectTypeOf<undefined>().toExtend<Awaited<ReturnType<typeof open>>>()
    expectTypeOf<undefined>().not.toExtend<Answer>()
    const [middleware] = provider.getMiddleware()
    type Next = Parameters<NonNullable<typeof middleware>>[1]
    expectTypeOf<NonNullable<Parameters<Next>[1]>['claims']['plan']>().toBeString()
  })

  test('are a union over several sources', () => {
    const auth = new MultiAuth({ verifiers: [verifier, introspection] })
    expectTypeOf<Verified<typeof auth>>().toExtend<AccessToken<Output> | null>()
    const mixed = new MultiAuth<Output | { robot: true }>({ server: provider, verifiers: otherVerifier })
    expectTypeOf<Verified<typeof mixed>>().toExtend<AccessToken<Output | { robot: true }> | null>()
    // @ts-expect-error the claims of the server are no robot's
    void (() => new MultiAuth<{ robot: true }>({ server: provider, verifiers: otherVerifier }))
    expectTypeOf(new MultiAuth({ verifiers: plainVerifier })).toEqualTypeOf<MultiAuth>()
  })

  test('may be an interface', () => {
    const typed: AuthProviderLike<Output> = provider
    expectTypeOf(requireBearerAuth<Output>).toBeCallableWith(typed)
    expectTypeOf(createBearerGate<Output>).toBeCallableWith(typed)
    expectTypeOf(accessTokenOf<Output>({}, typed)?.claims).toEqualTypeOf<Output | undefined>()
  })

  test('do not keep a provider from a gate or a function that takes any provider', () => {
    expectTypeOf(provider).toExtend<AuthProviderLike>()
    expectTypeOf(provider).toExtend<RoutedProvider>()
    expectTypeOf<RoutedProvider<Output>>().toExtend<RoutedProvider<object>>()
    expectTypeOf<AuthProviderLike>().not.toExtend<AuthProviderLike<{ tenant: string }>>()
  })

  test('have the output type of any Standard Schema of an object', () => {
    expectTypeOf(claims).toExtend<ClaimsSchema<{ tenant: string; plan: string }>>()
    expectTypeOf<z.ZodString>().not.toExtend<ClaimsSchema>()
  })
})

test('the members of a sign-in answer tell its kind', () => {
  expectTypeOf<{ subject: string }>().toExtend<SignInAnswer>()
  expectTypeOf<{ redirect: string }>().toExtend<SignInAnswer>()
  expectTypeOf<{ denied: true }>().toExtend<SignInAnswer>()
  expectTypeOf<Response>().toExtend<SignInAnswer>()
  expectTypeOf<{ denied: false }>().not.toExtend<SignInAnswer>()
  expectTypeOf<{ user: string }>().not.toExtend<SignInAnswer>()
})

test('an MCP handler of SDK v2 is a McpFetchHandler', () => {
  type McpHandlerOfV2 = ReturnType<typeof import('@modelcontextprotocol/server').createMcpHandler>
  expectTypeOf<McpHandlerOfV2>().not.toBeAny()
  expectTypeOf<McpHandlerOfV2>().toExtend<McpFetchHandler>()
})
