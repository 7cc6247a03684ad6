import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'

/** Stands for the reader's own MCP server on SDK v1. */
export function createServer(): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  server.registerTool('whoami', { description: 'Says who is calling.' }, ({ authInfo }) => ({
    content: [{ type: 'text', text: String(authInfo?.extra?.['subject']) }],
  }))
  return server
}
