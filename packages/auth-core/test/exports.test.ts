import { expect, test } from 'vitest'
import * as adapter from '../src/adapter.js'
import * as context from '../src/context.js'
import * as core from '../src/index.js'
import * as node from '../src/node.js'
import * as resourceServer from '../src/resource-server.js'

/** What both entry points have. A change here is a change of the public API. */
const ofBoth = [
  'AccessToken',
  'AuthProvider',
  'DebugTokenVerifier',
  'IntrospectionTokenVerifier',
  'JWTVerifier',
  'MultiAuth',
  'OAuthError',
  'RemoteAuthProvider',
  'StaticTokenVerifier',
  'TokenVerifier',
  'accessTokenOf',
  'dispatch',
  'isSameCaller',
  'logEvents',
  'protectedResponse',
  'requireBearerAuth',
  'toRoute',
  'toSdkScopeChallenge',
  'toSdkVerifier',
]

/** What adapters need, and applications do not. */
const ofAdapters = [
  'WebGateRequest',
  'admissionOf',
  'bodyTooLargeResponse',
  'buildProtectedResourceMetadata',
  'callOf',
  'checkedToolScopes',
  'checkedToolScopesOptions',
  'closeAfterUse',
  'createBearerGate',
  'createMcpGuard',
  'fromWebRequest',
  'internalErrorResponse',
  'isMcpMethod',
  'isPromiseLike',
  'mcpBodyLimit',
  'methodNotAllowedResponse',
  'mountedPaths',
  'noteAdmission',
  'parseErrorResponse',
  'protectedResourceMetadataUrl',
  'protectedResponseHeaders',
  'readMcpBody',
  'refuseToolCalls',
  'refuseUnknownOptions',
  'refuseWithoutSession',
  'respondWhile',
  'scopesOfToolCalls',
  'toWebResponse',
  'wellKnownPath',
  'withAuth',
]

const ofAuthorizationServers = [
  'OAuthProvider',
  'PrivateKeyJWTClientAuthenticator',
  'TokenHandler',
  'checkMount',
  'encryptedStore',
  'html',
  'raw',
  'memoryRateLimit',
  'memoryStore',
  'secretDigest',
  'ssrfSafeFetch',
]

test('the names of the main entry point', () => {
  expect(Object.keys(core).sort()).toEqual([...ofBoth, ...ofAuthorizationServers].sort())
})

test('the names of ./resource-server', () => {
  expect(Object.keys(resourceServer).sort()).toEqual([...ofBoth].sort())
})

test('the names of ./adapter, none of which is in the main entry point', () => {
  expect(Object.keys(adapter).sort()).toEqual(ofAdapters)
  expect(ofAdapters.filter((name) => name in core)).toEqual([])
})

test('both entry points have the same objects', () => {
  const ofMain = new Map<string, unknown>(Object.entries(core))
  const ofResourceServer = new Map<string, unknown>(Object.entries(resourceServer))
  for (const name of ofBoth) expect(ofMain.get(name)).toBe(ofResourceServer.get(name))
})

test('the names of ./node', () => {
  expect(Object.keys(node).sort()).toEqual([
    'admitNodeRequest',
    'authenticateNodeRequest',
    'fromNodeRequest',
    'readNodeBody',
    'sendHttpResponse',
    'sendWebResponse',
    'serveMcp',
    'toNodeHandler',
    'toWebRequest',
  ])
})

test('the names of ./context', () => {
  expect(Object.keys(context).sort()).toEqual(['getAuth', 'withAuth'])
})
