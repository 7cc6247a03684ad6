import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js'
import { ProxyOAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/providers/proxyProvider.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import express, { type RequestHandler } from 'express'
import { createServer } from '../your-server-v1.js'

/** Stands in for the provider that you already have. */
export const provider: OAuthServerProvider = new ProxyOAuthServerProvider({
  endpoints: {
    authorizationUrl: 'https://login.example.com/authorize',
    tokenUrl: 'https://login.example.com/token',
    registrationUrl: 'https://login.example.com/register',
  },
  verifyAccessToken: async (token) => ({
    token,
    clientId: 'client-1',
    scopes: ['notes:read'],
    expiresAt: Math.floor(Date.now() / 1000) + 3600,
    resource: new URL('https://notes.example.com/mcp'),
    extra: { subject: 'alice' },
  }),
  getClient: async () => undefined,
})

const call: RequestHandler = async (req, res) => {
  const transport = new StreamableHTTPServerTransport()
  await createServer().connect(transport)
  await transport.handleRequest(req, res, req.body)
}

/** Stands for the reader's MCP endpoint. */
export const handler = express.Router().use(express.json(), call)
