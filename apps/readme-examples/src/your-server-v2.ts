import { McpServer } from '@modelcontextprotocol/server'

/** Stands for the reader's own MCP server on SDK v2. */
export function createServer(): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  server.registerTool('whoami', { description: 'Says who is calling.' }, (ctx) => ({
    content: [{ type: 'text', text: String(ctx.http?.authInfo?.extra?.['subject']) }],
  }))
  return server
}
