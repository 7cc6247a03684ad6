import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
  UnauthorizedError as UnauthorizedErrorV2,
} from '@modelcontextprotocol/client'
import { UnauthorizedError as UnauthorizedErrorV1 } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js'
import type { InMemoryOAuthClient } from './in-memory-oauth-client.js'

/** The official client of an SDK, unmodified, reduced to what both SDKs can do. */
export interface OfficialClient {
  /** What the application must do for a step-up because its SDK does not. */
  readonly stepUpHelp?: string
  connect(): Promise<void>
  listTools(): Promise<string[]>
  /** Returns the text of the result. */
  callTool(name: string, toolArguments?: Record<string, unknown>): Promise<string>
  /** Whether a call failed because the SDK sent the user to the authorization server. */
  isWaitingForSignIn(error: unknown): boolean
  /** Passes the callback to the SDK. Then the call can be repeated. */
  finishSignIn(callback: URL): Promise<void>
  close(): Promise<void>
}

export type ConnectOfficialClient = (
  mcpUrl: URL,
  oauth: InMemoryOAuthClient,
  fetch: typeof globalThis.fetch,
) => OfficialClient

const identity = { name: 'tollgate-demo', version: '0.0.0' }

export function clientOfSdkV1(
  mcpUrl: URL,
  oauth: InMemoryOAuthClient,
  fetch: typeof globalThis.fetch,
): OfficialClient {
  const client = new ClientV1(identity)
  const newTransport = () => new TransportV1(mcpUrl, { authProvider: oauth, fetch: stepUpFetch })
  let transport = newTransport()

  // On 403 `insufficient_scope` this SDK refreshes if it can. A refresh never adds a scope, so the client would be
  // refused again and give up. Without a refresh token it asks the user, as a step-up needs.
  async function stepUpFetch(...request: Parameters<typeof fetch>): Promise<Response> {
    const response = await fetch(...request)
    if (response.headers.get('www-authenticate')?.includes('insufficient_scope')) oauth.forgetRefreshToken()
    return response
  }

  return {
    stepUpHelp: 'SDK v1 would only refresh, so its application discards the refresh token first',
    async connect() {
      // A transport starts once. After a failed attempt, only a new one can connect.
      transport = newTransport()
      await client.connect(transport)
    },
    async listTools() {
      return (await client.listTools()).tools.map(({ name }) => name)
    },
    async callTool(name, toolArguments = {}) {
      const result = await client.callTool({ name, arguments: toolArguments })
      return textOf(CallToolResultSchema.parse(result).content)
    },
    isWaitingForSignIn: (error) => error instanceof UnauthorizedErrorV1,
    async finishSignIn(callback) {
      oauth.checkCallback(callback)
      const { code, error } = Object.fromEntries(callback.searchParams)
      if (code === undefined) throw new Error(`The authorization server returned the error ${error}`)
      await transport.finishAuth(code)
    },
    close: () => client.close(),
  }
}

export function clientOfSdkV2(
  mcpUrl: URL,
  oauth: InMemoryOAuthClient,
  fetch: typeof globalThis.fetch,
  mode: 'legacy' | 'auto' = 'legacy',
): OfficialClient {
  const client = new ClientV2(identity, { versionNegotiation: { mode } })
  const newTransport = () => new TransportV2(mcpUrl, { authProvider: oauth, fetch })
  let transport = newTransport()

  return {
    async connect() {
      transport = newTransport()
      await client.connect(transport)
    },
    async listTools() {
      return (await client.listTools()).tools.map(({ name }) => name)
    },
    async callTool(name, toolArguments = {}) {
      const { content } = await client.callTool({ name, arguments: toolArguments })
      return textOf(content)
    },
    isWaitingForSignIn: (error) => error instanceof UnauthorizedErrorV2,
    async finishSignIn(callback) {
      oauth.checkCallback(callback)
      await transport.finishAuth(callback.searchParams)
    },
    close: () => client.close(),
  }
}

function textOf([block]: readonly { type: string; text?: unknown }[]): string {
  return typeof block?.text === 'string' ? block.text : ''
}
