// Leaves example-express running and explains how to connect a client.
import { startExample } from './example-server.js'

const port = Number(process.env['PORT'] ?? 3001)
const publicUrl = process.env['PUBLIC_URL'] ?? `http://localhost:${port}`
const server = await startExample('example-express', { port, publicUrl, showErrors: true })
console.log(`
example-express is running. Its MCP endpoint is

    ${server.mcpUrl}

Connect a client; it will open the sign-in page in your browser:

    Claude Code      claude mcp add --transport http example-notes ${server.mcpUrl}
                     then /mcp inside Claude Code
    MCP Inspector    npx @modelcontextprotocol/inspector
                     then "Streamable HTTP" and the URL above

Press Ctrl+C to stop.`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.stop())
process.exitCode = (await server.exitCode) ?? 1
