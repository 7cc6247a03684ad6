import { once } from 'node:events'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { memoryStore, OAuthProvider } from '@tollgate/auth-core'
import { getAuth, mcpAuthRouter, mcpHandler, requireBearerAuth } from '@tollgate/auth-express'
import express from 'express'
import { freePort } from './example-server.js'

export interface PublishedClientServer {
  readonly mcpUrl: URL
  /** The documents that the server fetched, in order. */
  readonly fetched: string[]
  /** Lets ten minutes pass and takes the website of the client down. */
  breakDown(): void
  stop(): Promise<void>
}

/**
 * An MCP server for clients with metadata documents. It runs in this process, with a made-up internet: servers fetch
 * documents from public addresses only, and a client on this machine has none.
 *
 * @param website The documents of clients, by URL.
 */
export async function startPublishedClientServer(
  website: ReadonlyMap<string, object>,
): Promise<PublishedClientServer> {
  const port = await freePort()
  const fetched: string[] = []
  let isDown = false
  let minutesPassed = 0
  const now = () => Math.floor(Date.now() / 1000) + minutesPassed * 60
  const auth = new OAuthProvider({
    baseUrl: `http://localhost:${port}`,
    name: 'Demo server',
    requiredScopes: ['notes:read'],
    store: memoryStore({ now }),
    now,
    signIn: () => ({ subject: 'demo' }),
    onEvent: false,
    ssrfSafeFetch: async (url) => {
      fetched.push(url)
      const document = website.get(url)
      return isDown || document === undefined ? new Response(null, { status: 503 }) : Response.json(document)
    },
  })

  const app = express()
  app.use(mcpAuthRouter(auth, { mcpPath: '/mcp' }))
  app.post(
    '/mcp',
    requireBearerAuth(auth),
    mcpHandler(async (req) => {
      const mcp = new McpServer({ name: 'demo', version: '0.0.0' })
      const text = `You are ${getAuth(req)?.subject}, and ${getAuth(req)?.clientId} works for you.`
      mcp.registerTool('whoami', {}, () => ({ content: [{ type: 'text', text }] }))
      const transport = new StreamableHTTPServerTransport()
      await mcp.connect(transport)
      return transport
    }),
  )
  app.all('/mcp', (_req, res) => void res.set('Allow', 'POST, OPTIONS').sendStatus(405))
  const server = app.listen(port)
  await once(server, 'listening')
  return {
    mcpUrl: new URL(`http://localhost:${port}/mcp`),
    fetched,
    breakDown() {
      isDown = true
      minutesPassed += 10
    },
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
