import { describe, expect, test, vi } from 'vitest'
import { AccessToken } from '../../src/contract/access-token.js'
import type { AuthProviderLike } from '../../src/contract/auth-provider-like.js'
import { keepVerdicts } from '../../src/contract/verdict-memory.js'
import type { AuthEvent } from '../../src/events/auth-event.js'
import { createBearerGate } from '../../src/gate/create-bearer-gate.js'
import type { BearerGateOptions } from '../../src/gate/gate-options.js'
import { OAuthError } from '../../src/oauth/oauth-error.js'
import { fromJavaScript } from '../harness/from-javascript.js'
import { formHeaders, plainRequest } from '../harness/plain-requests.js'
import { foreignPromise, unhandledRejections } from '../harness/promises.js'

const now = 1_800_000_000
const resource = 'https://rs.example/mcp'
const resourceMetadataUrl = 'https://rs.example/.well-known/oauth-protected-resource/mcp'

function token(scopes: readonly string[], expiresAt?: number): AccessToken {
  return new AccessToken({ token: 'good', clientId: 'client-1', scopes, expiresAt })
}

type Recall = (token: string) => AccessToken | undefined

/** A gate with a provider whose only valid token is `good`. */
function setUp(change: Partial<AuthProviderLike> = {}, options: BearerGateOptions = {}, recall?: Recall) {
  const verifyToken = vi.fn(async (presented: string) =>
    presented === 'good' ? token(['a', 'b'], now + 60) : null,
  )
  const provider: AuthProviderLike = {
    baseUrl: 'https://rs.example',
    resourceUrl: resource,
    mcpPaths: ['/mcp'],
    requiredScopes: ['a', 'b'],
    getResourceMetadataUrl: () => resourceMetadataUrl,
    verifyToken,
    now: () => now,
    ...change,
  }
  if (recall !== undefined) keepVerdicts(provider, provider.verifyToken, recall)
  return { verifyToken, provider, gate: createBearerGate(provider, options) }
}

const exposed = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'WWW-Authenticate, DPoP-Nonce, Retry-After, Mcp-Session-Id',
}
const noStore = { 'cache-control': 'no-store', pragma: 'no-cache' }
const jsonType = { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' }

test('A-08 the gate admits a valid token and verifies it for its resource', async () => {
  const { gate, verifyToken } = setUp()
  const answer = await gate.authenticate('Bearer good')
  expect(answer).toEqual({ accessToken: token(['a', 'b'], now + 60) })
  expect(verifyToken).toHaveBeenCalledExactlyOnceWith('good', expect.objectContaining({ resource }))
})

test.each([undefined, 'Basic YWxpY2U6c2VjcmV0'])(
  'A-01 A-02 A-03 A-04 L-06 L-09 the gate responds 401 without an error when there is no token (%s)',
  async (authorization) => {
    const { gate, verifyToken } = setUp()
    expect(await gate.authenticate(authorization)).toEqual({
      refusal: {
        status: 401,
        headers: {
          ...noStore,
          ...exposed,
          'www-authenticate': `Bearer resource_metadata="${resourceMetadataUrl}", scope="a b"`,
        },
      },
    })
    expect(verifyToken).not.toHaveBeenCalled()
  },
)

test('A-07 A-44 L-24 the gate responds 401 invalid_token to an invalid token and says what to do', async () => {
  const { gate } = setUp()
  const description = 'The access token is invalid, expired or revoked. Get a new one and try again.'
  expect(await gate.authenticate('Bearer bad')).toEqual({
    refusal: {
      status: 401,
      headers: {
        ...jsonType,
        ...noStore,
        ...exposed,
        'www-authenticate': `Bearer resource_metadata="${resourceMetadataUrl}", scope="a b", error="invalid_token", error_description="${description}"`,
      },
      body: JSON.stringify({ error: 'invalid_token', error_description: description }),
    },
  })
})

test.each([
  ['Bearer', 401, 'invalid_token'],
  ['Bearer ä', 401, 'invalid_token'],
  [`Bearer ${'a'.repeat(20_000)}`, 401, 'invalid_token'],
  ['Bearer a b', 400, 'invalid_request'],
  ['Bearer good, Bearer good', 400, 'invalid_request'],
])('A-06 A-20 the gate refuses %s without verifying it', async (authorization, status, error) => {
  const { gate, verifyToken } = setUp()
  const { refusal } = await gate.authenticate(authorization)
  expect(refusal).toMatchObject({ status, headers: { ...exposed, ...noStore } })
  expect(refusal?.headers['www-authenticate']).toContain(`error="${error}"`)
  expect(JSON.parse(refusal?.body ?? '')).toMatchObject({ error })
  expect(verifyToken).not.toHaveBeenCalled()
})

test('A-23 A-24 the gate responds 403 with every scope of the operation to a token that lacks one', async () => {
  const { gate } = setUp({ verifyToken: async () => token(['b', 'c']) })
  const description = 'The access token lacks a scope that this operation needs.'
  expect(await gate.authenticate('Bearer good')).toEqual({
    refusal: {
      status: 403,
      headers: {
        ...jsonType,
        ...noStore,
        ...exposed,
        'www-authenticate': `Bearer resource_metadata="${resourceMetadataUrl}", scope="a b", error="insufficient_scope", error_description="${description}"`,
      },
      body: JSON.stringify({ error: 'insufficient_scope', error_description: description }),
    },
  })
})

test.each([
  ['a longer name', 'reading'],
  ['a shorter name', 'rea'],
  ['another case', 'Read'],
])('A-26 the gate compares whole scopes: %s is another scope', async (_name, scope) => {
  const { gate } = setUp({ requiredScopes: ['read'], verifyToken: async () => token([scope]) })
  expect((await gate.authenticate('Bearer good')).refusal?.status).toBe(403)
})

test.each([
  ['undefined', undefined],
  ['true', true],
  ['text', 'alice'],
  ['an object without scopes', { token: 'good', clientId: 'client-1' }],
])('A-17 the gate responds 503 when a JavaScript verifier returns %s', async (_name, answer) => {
  const { gate } = setUp({ verifyToken: async () => answer as unknown as null })
  expect((await gate.authenticate('Bearer good')).refusal?.status).toBe(503)
})

describe('an outage', () => {
  test.each([
    ['an error', new Error('ECONNREFUSED 10.0.0.1')],
    ['an OAuthError of another kind', new OAuthError('invalid_token', 'no')],
    ['something that is no error', 'text'],
  ])('A-17 M-11 O-09 an outage is 503 and never 401: %s', async (_name, thrown) => {
    const { gate } = setUp({ verifyToken: () => Promise.reject(thrown) })
    const { refusal } = await gate.authenticate('Bearer good')
    expect(refusal).toEqual({
      status: 503,
      headers: { ...jsonType, ...noStore, ...exposed, 'retry-after': '5' },
      body: JSON.stringify({
        error: 'temporarily_unavailable',
        error_description: 'The server cannot answer right now. Try again shortly.',
      }),
    })
  })

  test('A-17 a verifier that throws synchronously is an outage', async () => {
    const { gate } = setUp({
      verifyToken: () => {
        throw new Error('at once')
      },
    })
    expect((await gate.authenticate('Bearer good')).refusal?.status).toBe(503)
  })

  test('a verifier sets Retry-After of an outage', async () => {
    const busy = new OAuthError('temporarily_unavailable', 'Busy.', { retryAfter: 60 })
    const { gate } = setUp({ verifyToken: () => Promise.reject(busy) })
    expect((await gate.authenticate('Bearer good')).refusal).toMatchObject({
      status: 503,
      headers: { 'retry-after': '60' },
    })
  })
})

describe('expiry', () => {
  test('A-12 the gate refuses an expired token that its verifier accepts', async () => {
    const { gate } = setUp({ verifyToken: async () => token(['a', 'b'], now) })
    expect((await gate.authenticate('Bearer good')).refusal?.status).toBe(401)
    const current = setUp({ verifyToken: async () => token(['a', 'b'], now + 1) })
    expect((await current.gate.authenticate('Bearer good')).accessToken).toBeDefined()
  })

  test('A-12 the gate applies the clock tolerance of the verifier, at most a minute', async () => {
    for (const [clockTolerance, ago, passes] of [
      [30, 29, true],
      [30, 30, false],
      [3600, 59, true],
      [3600, 60, false],
    ] as const) {
      const { gate } = setUp({ clockTolerance, verifyToken: async () => token(['a', 'b'], now - ago) })
      expect((await gate.authenticate('Bearer good')).accessToken !== undefined).toBe(passes)
    }
  })

  test('A-12 the gate uses the system clock when the provider has none', async () => {
    const ofSystem = Math.floor(Date.now() / 1000)
    for (const [expiresAt, passes] of [
      [ofSystem + 60, true],
      [ofSystem - 60, false],
    ] as const) {
      const { gate } = setUp({ now: undefined, verifyToken: async () => token(['a', 'b'], expiresAt) })
      expect((await gate.authenticate('Bearer good')).accessToken !== undefined).toBe(passes)
    }
  })

  test.each([Number.NaN, 'tomorrow', null, (now + 60) * 1000])(
    'A-12 A-17 the gate responds 503 and reports an expiry that is not in seconds (%s)',
    async (expiresAt) => {
      const events: AuthEvent[] = []
      const answer = fromJavaScript<AccessToken>({ ...token(['a', 'b']), expiresAt })
      const onEvent = (event: AuthEvent) => events.push(event)
      const { gate } = setUp({ verifyToken: async () => answer, onEvent })
      expect((await gate.authenticate('Bearer good')).refusal?.status).toBe(503)
      expect(events).toMatchObject([
        {
          type: 'source.unavailable',
          source: 'verifier',
          cause: { message: expect.stringContaining('"expiresAt" must be') },
        },
      ])
    },
  )

  test('the gate admits a token without an expiry', async () => {
    const { gate } = setUp({ verifyToken: async () => token(['a', 'b']) })
    expect((await gate.authenticate('Bearer good')).accessToken).toBeDefined()
  })
})

describe('a cached token', () => {
  test('the gate admits a cached token synchronously', () => {
    const recall = vi.fn(() => token(['a', 'b'], now + 60))
    const { gate, verifyToken } = setUp({}, {}, recall)
    expect(gate.authenticate('Bearer known')).toEqual({ accessToken: token(['a', 'b'], now + 60) })
    expect(recall).toHaveBeenCalledExactlyOnceWith('known', expect.objectContaining({ resource }))
    expect(verifyToken).not.toHaveBeenCalled()
  })

  test('A-51 the gate verifies a cached token again when verifyToken is replaced', async () => {
    const recall = vi.fn(() => token(['a', 'b'], now + 60))
    const { gate, provider } = setUp({}, {}, recall)
    expect(gate.authenticate('Bearer known')).toMatchObject({ accessToken: {} })
    Object.assign(provider, { verifyToken: async () => null })
    expect(await gate.authenticate('Bearer known')).toMatchObject({ refusal: { status: 401 } })
    expect(recall).toHaveBeenCalledOnce()
  })

  test('A-23 the gate checks the scopes of a cached token', () => {
    const { gate } = setUp({}, {}, () => token(['a']))
    expect(gate.authenticate('Bearer known')).toMatchObject({ refusal: { status: 403 } })
  })

  test('A-12 the gate verifies an expired cached token again', async () => {
    for (const [expiresAt, isRemembered] of [
      [now + 1, true],
      [now, false],
      [now - 60, false],
      [Number.NaN, false],
    ] as const) {
      const verifyToken = vi.fn(async () => null)
      const { gate } = setUp({ verifyToken }, {}, () => token(['a', 'b'], expiresAt))
      const answer = await gate.authenticate('Bearer known')
      expect(answer.refusal?.status).toBe(isRemembered ? undefined : 401)
      expect(verifyToken).toHaveBeenCalledTimes(isRemembered ? 0 : 1)
    }
    const forgiving = setUp({ clockTolerance: 30 }, {}, () => token(['a', 'b'], now - 29))
    expect((await forgiving.gate.authenticate('Bearer known')).accessToken).toBeDefined()
  })

  test('A-12 A-17 the gate responds 503 to a cached token when the clock fails', async () => {
    const now = () => {
      throw new Error('no time')
    }
    const { gate } = setUp({ now }, {}, () => token(['a', 'b'], 1))
    expect(await gate.authenticate('Bearer good')).toMatchObject({ refusal: { status: 503 } })
  })

  test('the gate verifies a token when the cache fails', async () => {
    const { gate, verifyToken } = setUp({}, {}, () => {
      throw new Error('the memory is broken')
    })
    expect((await gate.authenticate('Bearer good')).accessToken).toBeDefined()
    expect(verifyToken).toHaveBeenCalledOnce()
  })

  test.each([undefined, 'bearer known', 'Basic known', 'Bearer a b'])(
    'A-06 the gate looks up no cached token in %s',
    async (authorization) => {
      const recall = (presented: string) => (presented === 'known' ? token(['a', 'b']) : undefined)
      const { gate } = setUp({}, {}, recall)
      expect((await gate.authenticate(authorization)).accessToken).toBeUndefined()
    },
  )

  test('the gate verifies a token that is no longer cached', async () => {
    const { gate, verifyToken } = setUp({}, {}, () => undefined)
    expect((await gate.authenticate('Bearer good')).accessToken).toBeDefined()
    expect(verifyToken).toHaveBeenCalledOnce()
  })
})

describe('scopes of the operation', () => {
  test.each(['a', [''], ['a b'], [1]])('the gate refuses invalid scopes at startup: %o', (scopes) => {
    const options = fromJavaScript<BearerGateOptions>({ scopes, allowAnonymous: {} })
    expect(() => setUp({}, options)).toThrow(
      new TypeError(`requireBearerAuth: "scopes" must be a list of scopes without spaces and quotes.`),
    )
  })

  test('A-23 the gate refuses scopes under another option name', () => {
    const options = fromJavaScript<BearerGateOptions>({ requiredScopes: ['admin'] })
    expect(() => setUp({}, options)).toThrow(
      new TypeError('requireBearerAuth: "requiredScopes" is not an option. Use "scopes".'),
    )
    expect(() => setUp({}, fromJavaScript<BearerGateOptions>({ scope: ['admin'] }))).toThrow(
      new TypeError('requireBearerAuth: "scope" is not an option. Did you mean "scopes"?'),
    )
  })

  test('the scopes of the gate replace those of the provider', async () => {
    const { gate } = setUp({}, { scopes: ['a', 'admin'] })
    const { refusal } = await gate.authenticate('Bearer good')
    expect(refusal?.status).toBe(403)
    expect(refusal?.headers['www-authenticate']).toContain('scope="a admin"')
  })

  const toolScopes = { add_note: ['notes:write', 'b'], purge: ['admin', 'offline_access'] }
  const call = (name: string) => ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } })

  test('A-23 A-24 A-37 a tool call needs the scopes of the tool and of the gate, each once', () => {
    const { gate } = setUp()
    const batch = [call('add_note'), call('purge')]
    const refusal = gate.refuseToolCalls(token(['a', 'b']), 'POST', batch, toolScopes)
    expect(refusal?.status).toBe(403)
    expect(refusal?.headers['www-authenticate']).toContain('scope="a b notes:write admin"')
    expect(
      gate.refuseToolCalls(token(['a', 'b', 'notes:write']), 'POST', call('add_note'), toolScopes),
    ).toBeUndefined()
    expect(gate.refuseToolCalls(token([]), 'POST', call('list_notes'), toolScopes)).toBeUndefined()
  })

  test('A-23 the gate reads a body that a parser left as text or bytes', () => {
    const { gate } = setUp()
    const text = JSON.stringify(call('purge'))
    for (const body of [text, new TextEncoder().encode(text)]) {
      expect(gate.refuseToolCalls(token(['a', 'b']), 'POST', body, toolScopes)?.status).toBe(403)
    }
  })

  test('the gate responds with a JSON-RPC parse error to a body that is not JSON', () => {
    const { gate } = setUp()
    const answer = gate.refuseToolCalls(token(['a', 'b']), 'POST', '{', toolScopes)
    expect(answer?.status).toBe(400)
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({
      jsonrpc: '2.0',
      error: { code: -32700 },
      id: null,
    })
  })

  test('the gate throws for a POST whose body has not been read', () => {
    const { gate } = setUp()
    expect(() => gate.refuseToolCalls(token(['a', 'b']), 'POST', undefined, toolScopes)).toThrow(TypeError)
    expect(gate.refuseToolCalls(token(['a', 'b']), 'GET', undefined, toolScopes)).toBeUndefined()
  })

  test('A-03 A-23 challenges spell scopes as the provider does', async () => {
    const getChallengeScopes = (required: readonly string[] = []) =>
      required.map((scope) => `api://x/${scope}`)
    const { gate } = setUp({ getChallengeScopes, verifyToken: async () => token(['a']) })
    expect((await gate.authenticate(undefined)).refusal?.headers['www-authenticate']).toContain(
      'scope="api://x/a api://x/b"',
    )
    expect((await gate.authenticate('Bearer good')).refusal?.headers['www-authenticate']).toContain(
      'scope="api://x/a api://x/b"',
    )
  })

  test('the methods of the gate work without their object', async () => {
    const { authenticate, refuseToolCalls } = setUp().gate
    expect((await authenticate('Bearer good')).accessToken).toBeDefined()
    expect(refuseToolCalls(token(['a', 'b']), 'POST', call('purge'), toolScopes)?.status).toBe(403)
  })
})

describe('A-48 a gate that lets anonymous requests do everything', () => {
  const everything = { dangerouslyAllowAnonymousEverything: true }
  const setUpOpen = () => setUp({}, everything)
  const call = (name: string) => ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } })
  const toolScopes = { add_note: ['notes:write'], whoami: [] }
  const askForToken = (scope: string) => ({
    status: 401,
    headers: {
      ...noStore,
      ...exposed,
      'www-authenticate': `Bearer resource_metadata="${resourceMetadataUrl}", scope="${scope}"`,
    },
  })

  test.each([undefined, 'Basic YWxpY2U6c2VjcmV0', 'DPoP abc'])(
    'A-48 A-04 the open gate returns neither a token nor a refusal when there is no bearer token (%s)',
    async (authorization) => {
      const { gate, verifyToken } = setUpOpen()
      expect(await gate.authenticate(authorization, plainRequest())).toEqual({})
      expect(verifyToken).not.toHaveBeenCalled()
    },
  )

  test('A-48 the open gate refuses an anonymous request that it cannot see', async () => {
    expect(await setUpOpen().gate.authenticate(undefined)).toEqual({ refusal: askForToken('a b') })
  })

  test.each([
    ['Bearer bad', 401],
    ['Bearer ', 401],
    ['Bearer\tgood', 401],
    ['Bearer good good', 400],
    ['Basic YWxpY2U6c2VjcmV0, Bearer good', 400],
  ])('A-48 the open gate refuses %j', async (authorization, status) => {
    const { gate } = setUpOpen()
    expect((await gate.authenticate(authorization, plainRequest())).refusal?.status).toBe(status)
  })

  test('A-48 A-23 the open gate responds 403 to missing scopes and 503 to an outage', async () => {
    const poor = setUp({ verifyToken: async () => token(['a']) }, everything)
    expect((await poor.gate.authenticate('Bearer good', plainRequest())).refusal?.status).toBe(403)
    const down = setUp({ verifyToken: () => Promise.reject(new Error('down')) }, everything)
    expect((await down.gate.authenticate('Bearer good', plainRequest())).refusal?.status).toBe(503)
  })

  test('A-48 A-01 A-24 the open gate responds 401 with all scopes to an anonymous call of a tool with scopes', () => {
    const { gate } = setUpOpen()
    const refuse = (body: unknown) => gate.refuseToolCalls(undefined, 'POST', body, toolScopes)
    expect(refuse(call('add_note'))).toEqual(askForToken('a b notes:write'))
    expect(refuse([call('open'), call('add_note')])).toEqual(askForToken('a b notes:write'))
    // It is named: it needs what the gate needs of a token.
    expect(refuse(call('whoami'))).toEqual(askForToken('a b'))
    expect(refuse(call('open'))).toBeUndefined()
    expect(gate.refuseToolCalls(undefined, 'GET', undefined, toolScopes)).toBeUndefined()
  })

  test('A-48 the gate refuses a switch that is not true or false', () => {
    const options = fromJavaScript<BearerGateOptions>({ dangerouslyAllowAnonymousEverything: 'false' })
    expect(() => setUp({}, options)).toThrow(
      new TypeError('requireBearerAuth: "dangerouslyAllowAnonymousEverything" must be true or false.'),
    )
  })
})

describe('a form beside the header', () => {
  /** A form whose body must not be read. */
  const formOf = (change: { method?: string; type?: string } = {}) => {
    const body = vi.fn(async () => 'a=b')
    const { method = 'POST', type } = change
    const headers = type === undefined ? formHeaders : { 'content-type': type }
    return { body, request: plainRequest({ method, headers, body }) }
  }

  test.each([
    ['with its usual type', undefined],
    ['with a parameter', 'application/x-www-form-urlencoded;charset=utf-8'],
    ['in capitals and with spaces', ' Application/X-WWW-Form-Urlencoded ; charset=UTF-8'],
    ['whose type comes after another', 'application/json, application/x-www-form-urlencoded'],
    ['whose type comes before another', 'application/x-www-form-urlencoded, application/json'],
  ])('A-29 the gate refuses a form %s with 400 invalid_request and reads no body', async (_name, type) => {
    const form = formOf(type === undefined ? {} : { type })
    const { refusal, accessToken } = await setUp().gate.authenticate('Bearer good', form.request)
    expect(accessToken).toBeUndefined()
    expect(refusal).toMatchObject({ status: 400, headers: { ...exposed, ...noStore } })
    expect(refusal?.headers['www-authenticate']).toContain('error="invalid_request"')
    expect(JSON.parse(refusal?.body ?? '')).toEqual({
      error: 'invalid_request',
      error_description: 'A form can carry a second token. Send the body as JSON.',
    })
    expect(form.body).not.toHaveBeenCalled()
  })

  test.each([
    'application/json',
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded-2',
    'text/plain; of=application/x-www-form-urlencoded',
  ])('A-29 the gate admits a body of the type %s', async (type) => {
    const { request } = formOf({ type })
    expect((await setUp().gate.authenticate('Bearer good', request)).accessToken).toBeDefined()
  })

  test.each(['GET', 'HEAD'])('A-29 the gate ignores the media type of %s', async (method) => {
    const { request } = formOf({ method })
    expect((await setUp().gate.authenticate('Bearer good', request)).accessToken).toBeDefined()
  })

  test('A-29 the gate refuses a form beside a cached token', async () => {
    const { gate } = setUp({}, {}, () => token(['a', 'b']))
    expect((await gate.authenticate('Bearer known', formOf().request)).refusal?.status).toBe(400)
  })

  test('A-29 A-31 other refusals come before that of a form', async () => {
    const form = formOf()
    for (const [authorization, status] of [
      [undefined, 401],
      ['Bearer bad', 401],
      ['Bearer a b', 400],
    ] as const) {
      const answer = await setUp().gate.authenticate(authorization, form.request)
      expect(answer.refusal?.status).toBe(status)
    }
    const open = setUp({}, { dangerouslyAllowAnonymousEverything: true })
    expect(await open.gate.authenticate(undefined, form.request)).toEqual({})
    expect(form.body).not.toHaveBeenCalled()
  })
})

describe('the resource of the gate', () => {
  test('the gate throws with the fix while its resource is unknown', () => {
    expect(() => setUp({ resourceUrl: undefined, mcpPaths: [] })).toThrow(
      /does not know its MCP path yet. Mount its routes before the gate, or set "mcpPath" on the gate/,
    )
    expect(() => setUp({ resourceUrl: undefined, mcpPaths: [] })).toThrow(TypeError)
  })

  test('the gate throws without mcpPath when there are several paths', () => {
    expect(() => setUp({ mcpPaths: ['/mcp', '/admin'] })).toThrow(
      /several MCP paths. Set "mcpPath" on each gate/,
    )
  })

  test('the gate protects the resource of its mcpPath', async () => {
    const { gate, verifyToken } = setUp(
      {
        mcpPaths: ['/mcp', '/admin'],
        getResourceUrl: (path) => `https://rs.example${path}`,
        getResourceMetadataUrl: (path) => `https://rs.example/.well-known/oauth-protected-resource${path}`,
      },
      { mcpPath: '/admin' },
    )
    await gate.authenticate('Bearer good')
    expect(verifyToken).toHaveBeenCalledWith(
      'good',
      expect.objectContaining({ resource: 'https://rs.example/admin' }),
    )
    expect((await gate.authenticate(undefined)).refusal?.headers['www-authenticate']).toContain(
      'resource_metadata="https://rs.example/.well-known/oauth-protected-resource/admin"',
    )
  })

  test('a verifier without a provider needs no resource', async () => {
    const { gate, verifyToken } = setUp({
      baseUrl: undefined,
      resourceUrl: undefined,
      mcpPaths: [],
      getResourceMetadataUrl: () => undefined,
    })
    await gate.authenticate('Bearer good')
    expect(verifyToken).toHaveBeenCalledWith('good', expect.objectContaining({ resource: undefined }))
    expect((await gate.authenticate(undefined)).refusal?.headers['www-authenticate']).toBe(
      'Bearer scope="a b"',
    )
  })
})

describe('scopes with a hierarchy', () => {
  const implies = (granted: string, required: string) => granted === 'admin' || `${granted}:read` === required
  const ask = async (scopes: string[], impliesScope?: typeof implies) => {
    const { refusal } = await createBearerGate(
      {
        requiredScopes: ['notes:read'],
        impliesScope,
        verifyToken: async (token) => new AccessToken({ token, clientId: 'c', scopes }),
      },
      {},
    ).authenticate('Bearer good')
    return refusal
  }

  test.each([[['admin']], [['notes']], [['notes:read']]])('A-25 %j includes notes:read', async (scopes) => {
    expect(await ask(scopes, implies)).toBeUndefined()
  })

  test.each<[string, () => unknown]>([
    ['answers later', async () => false],
    ['fails later', () => Promise.reject(new Error('down'))],
    ['fails later, in another realm', () => foreignPromise(() => Promise.reject(new Error('down')))],
    ['answers no verdict', () => 'yes'],
    ['forgets to answer', () => undefined],
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
  ])('A-25 A-17 the gate responds 503 and reports an impliesScope that %s', async (_name, answer) => {
    const events: unknown[] = []
    const known = new AccessToken({ token: 'known', clientId: 'c', scopes: ['other'] })
    const provider: AuthProviderLike = {
      requiredScopes: ['notes:read'],
      impliesScope: answer as () => boolean,
      onEvent: (event) => events.push(event),
      verifyToken: async (token) =>
        new AccessToken({ token, clientId: 'c', scopes: [token === 'exact' ? 'notes:read' : 'other'] }),
    }
    keepVerdicts(provider, provider.verifyToken, (token) => (token === 'known' ? known : undefined))
    const gate = createBearerGate(provider)
    const unhandled = await unhandledRejections(async () => {
      for (const token of ['new', 'known']) {
        expect(await gate.authenticate(`Bearer ${token}`)).toMatchObject({ refusal: { status: 503 } })
        expect(events.splice(0)).toMatchObject([{ type: 'source.unavailable', source: 'implies_scope' }])
      }
      expect(gate.refuseMissingScopes(known, ['admin'])).toMatchObject({ status: 503 })
      expect((await gate.authenticate('Bearer exact')).accessToken).toBeDefined()
    })
    expect(unhandled).toEqual([])
  })

  test('A-25 A-26 without impliesScope, only the scope itself is enough', async () => {
    expect(await ask(['admin'])).toMatchObject({ status: 403 })
    expect((await ask(['other'], implies))?.headers['www-authenticate']).toContain('scope="notes:read"')
  })
})
