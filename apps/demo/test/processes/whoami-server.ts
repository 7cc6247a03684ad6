import { type AuthInfo, McpServer } from '@modelcontextprotocol/server'

/** An MCP server that names its caller. */
export function whoamiServer({ authInfo }: { authInfo?: AuthInfo | undefined }): McpServer {
  const server = new McpServer({ name: 'whoami', version: '0.0.0' })
  const said = `You are ${authInfo?.extra?.['subject']}`
  server.registerTool('whoami', { description: 'Tells whom the server takes you for' }, () => ({
    content: [{ type: 'text', text: said }],
  }))
  return server
}
