import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'

const client = new Client({ name: 'tutorial', version: '1.0.0' })
const authProvider = { token: async () => process.env['TOKEN'] }
await client.connect(
  new StreamableHTTPClientTransport(new URL('http://localhost:3000/mcp'), { authProvider }),
)

const { content } = await client.callTool({ name: 'whoami' })
console.log(content)
await client.close()
