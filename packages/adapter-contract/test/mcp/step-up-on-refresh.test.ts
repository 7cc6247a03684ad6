import {
  type OAuthDiscoveryState,
  type OAuthClientProvider as StateForV2,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  Client as V2,
  StreamableHTTPClientTransport as V2Transport,
} from '@modelcontextprotocol/client'
import type { OAuthClientProvider as StateForV1 } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client as V1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { McpServer as McpServerV2 } from '@modelcontextprotocol/server'
import { type AuthEvent, JWTVerifier, MultiAuth, memoryStore, toSdkScopeChallenge } from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { expectOAuthError, expectOutage } from '../harness/expectations.js'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { listen } from '../harness/listen.js'
import { deployments, type McpServers, text } from '../harness/mcp-deployments.js'
import { type NotesAppOptions, notesProvider } from '../harness/notes-app.js'
import {
  Browser,
  callback,
  callMcp,
  newCode,
  newTokens,
  postForm,
  type RegisteredClient,
  refreshForm,
  register,
  type Tokens,
} from '../harness/oauth-driver.js'

// After a 403, the client of SDK v1 refreshes, gets the same scopes and gives up. With `stepUpOnRefresh` it asks the
// user.

const now = testClock()
const running: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const one of running.splice(0)) await one.close()
})

/** The state of a client of either SDK. */
class ClientState implements StateForV1, StateForV2 {
  readonly redirectUrl = callback
  readonly clientMetadata: StateForV1['clientMetadata'] & StateForV2['clientMetadata'] = {
    client_name: 'Test client',
    redirect_uris: [callback],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  }
  #authorizationUrl: URL | undefined
  #client: StoredOAuthClientInformation | undefined
  #tokens: StoredOAuthTokens | undefined
  #discovery: OAuthDiscoveryState | undefined
  #codeVerifier = ''

  clientInformation(): StoredOAuthClientInformation | undefined {
    return this.#client
  }
  saveClientInformation(client: StoredOAuthClientInformation): void {
    this.#client = client
  }
  tokens(): StoredOAuthTokens | undefined {
    return this.#tokens
  }
  saveTokens(tokens: StoredOAuthTokens): void {
    this.#tokens = tokens
  }
  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#discovery
  }
  saveDiscoveryState(discovery: OAuthDiscoveryState): void {
    this.#discovery = discovery
  }
  codeVerifier(): string {
    return this.#codeVerifier
  }
  saveCodeVerifier(codeVerifier: string): void {
    this.#codeVerifier = codeVerifier
  }
  redirectToAuthorization(authorizationUrl: URL): void {
    this.#authorizationUrl = authorizationUrl
  }
  /** As every application does: it discards what is invalid. */
  invalidateCredentials(): void {
    this.#tokens = undefined
  }
  /** The URL to which the client sends the user, once. */
  takeAuthorizationUrl(): URL | undefined {
    const url = this.#authorizationUrl
    this.#authorizationUrl = undefined
    return url
  }
}

/** An unmodified official client and its user. */
interface Session {
  readonly state: ClientState
  connect(): Promise<void>
  /** The text that a tool returns, or the error name. */
  call(tool: string): Promise<string>
  /** The user answers the consent page and returns to the client. */
  visit(decision: 'allow' | 'deny'): Promise<void>
}

type OpenSession = (origin: string) => Session

function sessionOf(
  origin: string,
  state: ClientState,
  connection: {
    connect(): Promise<void>
    callTool(name: string): Promise<unknown>
    finish(callback: URL): Promise<void>
    close(): Promise<void>
  },
): Session {
  running.push(connection)
  return {
    state,
    connect: () => connection.connect(),
    async call(tool) {
      const result = await connection.callTool(tool).catch((error: Error) => error.constructor.name)
      return typeof result === 'string'
        ? result
        : (/"text":"([^"]*)"/.exec(JSON.stringify(result))?.[1] ?? '')
    },
    async visit(decision) {
      const url = state.takeAuthorizationUrl()
      if (url === undefined) throw new Error('The client does not ask the user')
      const browser = new Browser('alice')
      const page = await (await browser.open(url.href)).text()
      const answer = await browser.answer(origin, page, decision)
      if (decision === 'allow') await connection.finish(new URL(answer.headers.get('location') ?? ''))
    },
  }
}

const sdks: readonly [string, OpenSession][] = [
  [
    'SDK v1',
    (origin) => {
      const state = new ClientState()
      const url = new URL(`${origin}/mcp`)
      let client = new V1({ name: 'test', version: '0' })
      let transport = new V1Transport(url, { authProvider: state })
      return sessionOf(origin, state, {
        async connect() {
          client = new V1({ name: 'test', version: '0' })
          transport = new V1Transport(url, { authProvider: state })
          await client.connect(transport)
        },
        callTool: (name) => client.callTool({ name }),
        finish: (back) => transport.finishAuth(back.searchParams.get('code') ?? ''),
        close: () => client.close(),
      })
    },
  ],
  [
    'SDK v2',
    (origin) => {
      const state = new ClientState()
      const url = new URL(`${origin}/mcp`)
      let client = new V2({ name: 'test', version: '0' })
      let transport = new V2Transport(url, { authProvider: state })
      return sessionOf(origin, state, {
        async connect() {
          client = new V2({ name: 'test', version: '0' })
          transport = new V2Transport(url, { authProvider: state })
          await client.connect(transport)
        },
        callTool: (name) => client.callTool({ name }),
        finish: (back) => transport.finishAuth(back.searchParams),
        close: () => client.close(),
      })
    },
  ],
]

const toolScopes = { add_note: ['notes:write'] }
const servers: McpServers = {
  v1: () => {
    const server = new McpServerV1({ name: 'test', version: '0' })
    server.registerTool('list_notes', {}, () => text('no notes'))
    server.registerTool('add_note', {}, () => text('noted'))
    return server
  },
  v2: () => {
    const server = new McpServerV2({ name: 'test', version: '0' })
    server.registerTool('list_notes', {}, () => text('no notes'))
    server.registerTool('add_note', {}, () => text('noted'))
    return server
  },
}

/** One of each framework and SDK. */
const someDeployments = deployments.filter(
  ({ name }) => /the transport of SDK v1$|the handler of SDK v2$/.test(name) && !/after|without/.test(name),
)

describe.each(someDeployments)('$name', ({ listener }) => {
  async function open(openSession: OpenSession, options: NotesAppOptions = {}): Promise<Session> {
    const host = await listen((origin) =>
      listener(servers, {
        provider: notesProvider(origin, { stepUpOnRefresh: true, ...options }),
        toolScopes,
      }),
    )
    running.push(host)
    const session = openSession(host.origin)
    await session.connect().catch(() => {})
    await session.visit('allow')
    await session.connect()
    expect(await session.call('list_notes')).toBe('no notes')
    return session
  }

  test.each(sdks)(
    'A-23 A-24 A-90 the client of %s asks the user for more scopes and succeeds',
    async (_name, openSession) => {
      const session = await open(openSession)
      expect(await session.call('add_note')).toBe('UnauthorizedError')
      await session.visit('allow')
      expect(await session.call('add_note')).toBe('noted')
      expect(session.state.takeAuthorizationUrl()).toBeUndefined()
    },
  )

  test.each(sdks)(
    'A-90 a user of %s who declines keeps the previous scopes and is not asked again at once',
    async (_name, openSession) => {
      const session = await open(openSession)
      const before = session.state.tokens()
      expect(await session.call('add_note')).toBe('UnauthorizedError')
      await session.visit('deny')
      expect(session.state.tokens()).toEqual(before)
      expect(await session.call('list_notes')).toBe('no notes')
      // Not even after its access token expired: the refresh token is unchanged.
      session.state.saveTokens({ ...(before as StoredOAuthTokens), access_token: 'ended' })
      expect(await session.call('list_notes')).toBe('no notes')
      expect(session.state.takeAuthorizationUrl()).toBeUndefined()
    },
  )

  test('A-23 without the option, the client of SDK v1 gives up', async () => {
    const [, openSession] = sdks[0] as (typeof sdks)[number]
    const session = await open(openSession, { stepUpOnRefresh: false })
    expect(await session.call('add_note')).toBe('StreamableHTTPError')
    expect(session.state.takeAuthorizationUrl()).toBeUndefined()
  })
})

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  let client: RegisteredClient
  let tokens: Tokens
  const events: AuthEvent[] = []
  async function run(options: NotesAppOptions = {}, gate = ['notes:read', 'notes:write']) {
    const provider = (origin: string) =>
      notesProvider(origin, {
        now,
        events,
        store: memoryStore({ now }),
        stepUpOnRefresh: true,
        ...options,
      })
    host = await start((origin) => ({ provider: provider(origin), gate: { scopes: gate } }))
    running.push(host)
    client = await register(host.origin)
    tokens = await newTokens(host.origin, client)
    events.length = 0
  }
  const refresh = (token = tokens.refresh_token, origin = host.origin) =>
    postForm(`${origin}/token`, refreshForm(client, token))
  const challenged = async () => expect((await callMcp(host.origin, tokens.access_token)).status).toBe(403)
  beforeEach(() => run())

  test('A-90 the first refresh after a challenge is refused and consumes nothing, and the next succeeds', async () => {
    await challenged()
    const refused = await refresh()
    expect(refused.headers.get('retry-after')).toBeNull()
    await expectOAuthError(refused, 400, 'server_error')
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'request.failed',
        reason: 'step_up_needed',
        clientId: client.client_id,
      }),
    )
    const refreshed = await refresh()
    expect(refreshed.status).toBe(200)
    tokens = (await refreshed.json()) as Tokens
    // A user who declines can continue: for ten minutes nothing more is refused.
    await challenged()
    now.advance(599)
    await challenged()
    expect((await refresh()).status).toBe(200)
    now.advance(1)
    await challenged()
    await expectOAuthError(await refresh(), 400, 'server_error')
  })

  test('A-90 of several parallel refreshes, one is refused', async () => {
    await challenged()
    const statuses = (await Promise.all(Array.from({ length: 8 }, () => refresh()))).map(
      ({ status }) => status,
    )
    expect(statuses.sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 400])
  })

  test('A-90 a refresh half a minute later succeeds, and so does one of another grant', async () => {
    const other = await newTokens(host.origin, client)
    await challenged()
    expect((await refresh(other.refresh_token)).status).toBe(200)
    now.advance(30)
    expect((await refresh()).status).toBe(200)
  })

  test('A-90 a token with every scope, or an invalid one, causes no refusal', async () => {
    await run({}, ['notes:read'])
    expect((await callMcp(host.origin, tokens.access_token)).status).toBe(200)
    expect((await callMcp(host.origin, 'forged')).status).toBe(401)
    expect((await refresh()).status).toBe(200)
  })

  test('A-90 by default, no refresh is refused and nothing is stored', async () => {
    const store = memoryStore({ now })
    const keys: string[] = []
    const add: typeof store.add = (key, ...entry) => {
      keys.push(key)
      return store.add(key, ...entry)
    }
    await run({ stepUpOnRefresh: false, store: { ...store, add } })
    await challenged()
    expect((await refresh()).status).toBe(200)
    expect(keys.filter((key) => key.startsWith('step-up'))).toEqual([])
  })

  test('A-90 L-20 a store outage makes the refresh fail, but not the challenge', async () => {
    const store = memoryStore({ now })
    let isDown = false
    const failing = <Arguments extends [string, ...unknown[]], Result>(
      operation: (...given: Arguments) => Promise<Result>,
    ) => {
      return (...given: Arguments): Promise<Result> =>
        isDown && given[0].startsWith('step-up')
          ? Promise.reject(new Error('the store is down'))
          : operation(...given)
    }
    await run({
      store: { ...store, get: failing(store.get), set: failing(store.set), add: failing(store.add) },
    })
    isDown = true
    await challenged()
    await expectOutage(await refresh())
    isDown = false
    expect((await refresh()).status).toBe(200)
  })

  test('A-90 a client that asks the user itself is not refused', async () => {
    await challenged()
    await newCode(host.origin, client, { scope: 'notes:read notes:write' })
    const refreshed = await refresh()
    expect(refreshed.status).toBe(200)
    tokens = (await refreshed.json()) as Tokens
    // At the next challenge, the client may not.
    now.advance(30)
    await challenged()
    await expectOAuthError(await refresh(), 400, 'server_error')
  })

  test('A-90 a challenge by one process counts at another', async () => {
    const store = memoryStore({ now })
    await run({ store })
    const elsewhere = { issuerUrl: host.origin, resources: [`${host.origin}/mcp`] }
    const other = await start((origin) => ({
      provider: notesProvider(origin, { now, store, stepUpOnRefresh: true, ...elsewhere }),
    }))
    running.push(other)
    await challenged()
    await expectOAuthError(await refresh(tokens.refresh_token, other.origin), 400, 'server_error')
    expect((await refresh(tokens.refresh_token, other.origin)).status).toBe(200)
  })

  test('A-90 with MultiAuth, the challenge counts at the server', async () => {
    host = await start((origin) => {
      const server = notesProvider(origin, { now, store: memoryStore({ now }), stepUpOnRefresh: true })
      const verifiers = [new JWTVerifier({ issuer: 'https://login.example.com', requiredScopes: ['a'] })]
      const provider = new MultiAuth({ server, verifiers })
      return { provider, gate: { scopes: ['notes:write'] } }
    })
    running.push(host)
    client = await register(host.origin)
    tokens = await newTokens(host.origin, client)
    await challenged()
    await expectOAuthError(await refresh(), 400, 'server_error')
  })
})

test('A-90 a challenge made by SDK v2 counts, with the token or its copy', async () => {
  for (const copy of [false, true]) {
    const provider = notesProvider('https://notes.example.com', { now, stepUpOnRefresh: true })
    const noted: unknown[] = []
    provider.noteScopeChallenge = (token) => noted.push(token)
    const challenge = toSdkScopeChallenge(provider, ['notes:write'])
    const claims = { iss: 'https://notes.example.com', token_family: 'family' }
    const authInfo = { scopes: ['notes:read'], ...(copy ? { extra: { claims } } : { claims }) }
    expect(challenge({ authInfo })?.scopes).toContain('notes:write')
    expect(challenge({ authInfo: { ...authInfo, scopes: ['notes:read', 'notes:write'] } })).toBeUndefined()
    expect(noted).toEqual([authInfo])
  }
})
