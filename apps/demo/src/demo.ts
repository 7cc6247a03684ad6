// Starts the three examples and walks the official clients of both SDKs through each of them.
import { type ExampleServer, exampleNames, startExample } from './example-server.js'
import { walkThrough } from './journey.js'
import { clientOfSdkV1, clientOfSdkV2 } from './official-clients.js'
import { signInPublished } from './published-client.js'
import { Story } from './story.js'

const clients = [
  {
    client: 'the client of SDK v1 (@modelcontextprotocol/sdk)',
    connectClient: clientOfSdkV1,
    userName: 'alice',
  },
  {
    client: 'the client of SDK v2 (@modelcontextprotocol/client)',
    connectClient: clientOfSdkV2,
    userName: 'bob',
  },
]

// Exiting takes the servers along.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

console.log(`
Three example servers are started on this machine. The official MCP clients of SDK v1 and v2 connect to each of them; what
a user does in the browser is done by the demo. Each step says what it was about, and stops the demo if it does not hold.`)
const story = new Story()
const servers: ExampleServer[] = []
try {
  for (const name of exampleNames) {
    const server = await startExample(name)
    servers.push(server)
    for (const { client, connectClient, userName } of clients) {
      story.chapter(`${name} at ${server.mcpUrl}, driven by ${client}`)
      await walkThrough(story, server, connectClient, userName)
    }
  }
  for (const { client, connectClient } of clients) {
    story.chapter(`A client that publishes who it is, and does not register: ${client}`)
    await signInPublished(story, connectClient)
  }
  const exitCodes = await Promise.all(servers.map((server) => server.stop()))
  if (exitCodes.some((code) => code !== 0))
    throw new Error(`A server did not stop cleanly: ${exitCodes.join(', ')}`)
  console.log(`
Every step held, and the servers have stopped. To try it in your own client and browser:

    npx --yes pnpm@12.21.0 start`)
} catch (error) {
  console.error('\nThe demo failed.', error)
  await Promise.all(servers.map((server) => server.stop()))
  process.exitCode = 1
}
