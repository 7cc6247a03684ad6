import { getRequestListener } from '@hono/node-server'
import {
  Client,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client'
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { createMcpHandler, McpServer as McpServerV2 } from '@modelcontextprotocol/server'
import {
  dispatch,
  type OAuthProvider,
  protectedResponse,
  requireBearerAuth,
  toSdkScopeChallenge,
} from '@tollgate/auth-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listen, type RunningHost } from '../harness/listen.js'
import { type Deployment, deployments, type McpServers, text } from '../harness/mcp-deployments.js'
import { notesProvider } from '../harness/notes-app.js'
import { Browser, callback } from '../harness/oauth-driver.js'

const toolScopes = { add_note: ['notes:write'] }

/** The tools ignore scopes: those are required before a tool is called. */
const plainServers: McpServers = {
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

/** The same with scopes required inside the tool, as SDK v2 can. */
function challengingServer(provider: OAuthProvider): McpServerV2 {
  const server = new McpServerV2({ name: 'test', version: '0' })
  const scopeChallenge = toSdkScopeChallenge(provider, toolScopes.add_note)
  server.registerTool('list_notes', {}, () => text('no notes'))
  server.registerTool('add_note', { scopeChallenge }, () => text('noted'))
  return server
}

interface SteppingUp {
  readonly name: string
  readonly listener: (provider: OAuthProvider) => ReturnType<Deployment['listener']>
}

const atTheGate: readonly SteppingUp[] = deployments
  .filter(({ name }) => !name.startsWith('fastify without parsers'))
  .map(({ name, listener }) => ({
    name: `${name}, after requireToolScopes`,
    listener: (provider) => listener(plainServers, { provider, toolScopes }),
  }))

const besideTheTool: readonly SteppingUp[] = [
  ...deployments
    .filter(({ name }) => name.includes('SDK v2'))
    .map(({ name, listener }) => ({
      name: `${name}, with toSdkScopeChallenge`,
      listener: (provider: OAuthProvider) =>
        listener({ ...plainServers, v2: () => challengingServer(provider) }, { provider }),
    })),
  {
    name: 'bare fetch, with toSdkScopeChallenge',
    listener: (provider) => {
      const routes = provider.getRoutes('/mcp')
      const authenticate = requireBearerAuth(provider)
      const mcp = createMcpHandler(() => challengingServer(provider))
      return getRequestListener(async (request) => {
        const answer = dispatch(routes, request)
        if (answer !== undefined) return answer
        const authInfo = await authenticate(request)
        if (authInfo instanceof Response) return authInfo
        return protectedResponse(request, await mcp.fetch(request, { authInfo }))
      })
    },
  },
]

/** The state of the official client, and the URL to which it sends the user. */
class ClientState implements OAuthClientProvider {
  readonly redirectUrl: string = callback
  readonly clientMetadata = {
    client_name: 'Test client',
    redirect_uris: [callback],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  }
  authorizationUrl: URL = new URL('about:blank')
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
    this.authorizationUrl = authorizationUrl
  }
}

describe.each([...atTheGate, ...besideTheTool])('$name', ({ listener }) => {
  let host: RunningHost
  beforeAll(async () => {
    host = await listen((origin) => listener(notesProvider(origin)))
  })
  afterAll(() => host.close())

  test('A-23 A-24 the official client asks the user for the scopes of a tool and succeeds', async () => {
    const state = new ClientState()
    const refusals: Response[] = []
    const newTransport = () =>
      new StreamableHTTPClientTransport(new URL(`${host.origin}/mcp`), {
        authProvider: state,
        fetch: async (url, init) => {
          const answer = await fetch(url, init)
          if (answer.status === 403) refusals.push(answer.clone())
          return answer
        },
      })
    const client = new Client({ name: 'test', version: '0' })
    let transport = newTransport()
    const allow = async () => {
      const browser = new Browser('alice')
      const page = await (await browser.open(state.authorizationUrl.href)).text()
      const location = (await browser.answer(host.origin, page, 'allow')).headers.get('location') ?? ''
      await transport.finishAuth(new URL(location).searchParams)
    }

    await expect(client.connect(transport)).rejects.toThrow(UnauthorizedError)
    expect(state.authorizationUrl.searchParams.get('scope')).toBe('notes:read')
    await allow()
    transport = newTransport()
    await client.connect(transport)
    expect(await client.callTool({ name: 'list_notes' })).toMatchObject(text('no notes'))

    await expect(client.callTool({ name: 'add_note' })).rejects.toThrow(UnauthorizedError)
    const [refused, ...others] = refusals
    expect(others).toEqual([])
    const challenge = refused?.headers.get('www-authenticate') ?? ''
    expect(challenge).toMatch(/^Bearer /)
    expect(challenge).toContain('error="insufficient_scope"')
    expect(challenge).toContain('scope="notes:read notes:write"')
    expect(challenge).toContain(`resource_metadata="${host.origin}/.well-known/oauth-protected-resource/mcp"`)
    expect(await refused?.json()).toMatchObject({ error: 'insufficient_scope' })
    expect(state.authorizationUrl.searchParams.get('scope')).toBe('notes:read notes:write')
    await allow()
    expect(await client.callTool({ name: 'add_note' })).toMatchObject(text('noted'))
    await client.close()
  })
})
