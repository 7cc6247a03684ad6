import { expect, test } from 'vitest'
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
  'buildProtectedResourceMetadata',
  'createBearerGate',
  'dispatch',
  'fromWebRequest',
  'isSameCaller',
  'logEvents',
  'mountedPaths',
  'protectedResourceMetadataUrl',
  'protectedResponse',
  'protectedResponseHeaders',
  'requireBearerAuth',
  'scopesOfToolCalls',
  'toRoute',
  'toSdkScopeChallenge',
  'toSdkVerifier',
  'toWebResponse',
  'wellKnownPath',
]

/** What adapters alone need, of the entry point that they import. */
const ofAdapters = [
  'admissionOf',
  'bodyTooLargeResponse',
  'callOf',
  'checkedToolScopes',
  'checkedToolScopesOptions',
  'closeAfterUse',
  'createMcpGuard',
  'internalErrorResponse',
  'isMcpMethod',
  'isPromiseLike',
  'mcpBodyLimit',
  'methodNotAllowedResponse',
  'noteAdmission',
  'parseErrorResponse',
  'readMcpBody',
  'refuseToolCalls',
  'refuseUnknownOptions',
  'refuseWithoutSession',
  'respondWhile',
  'webRequestReader',
  'withAuth',
]

const ofAuthorizationServers = [
  'OAuthProvider',
  'PrivateKeyJWTClientAuthenticator',
  'TokenHandler',
  'buildAuthorizationServerMetadata',
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
  expect(Object.keys(resourceServer).sort()).toEqual([...ofBoth, ...ofAdapters].sort())
})

test('both entry points have the same objects', () => {
  const ofMain = new Map<string, unknown>(Object.entries(core))
  const ofResourceServer = new Map<string, unknown>(Object.entries(resourceServer))
  for (const name of ofBoth) expect(ofMain.get(name)).toBe(ofResourceServer.get(name))
})

test('the names of ./node', () => {
  expect(Object.keys(node).sort()).toEqual([
    'authorizationOf',
    'fromNodeRequest',
    'nodeRequestReader',
    'readNodeBody',
    'sendHttpResponse',
    'sendWebResponse',
    'serveMcp',
    'setProtectedResponseHeaders',
    'toNodeHandler',
    'toWebRequest',
  ])
})

test('the names of ./context', () => {
  expect(Object.keys(context).sort()).toEqual(['getAuth', 'withAuth'])
})
