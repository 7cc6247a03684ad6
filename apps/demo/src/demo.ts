// Starts the three examples and walks the official clients of both SDKs through each of them.
import { type ExampleServer, exampleNames, startExample } from './example-server.js'
import { walkThrough } from './journey.js'
import { clientOfSdkV1, clientOfSdkV2 } from './official-clients.js'
import { signInPublished } from './published-client.js'
import { Story } from './story.js'

const clients = {
  'the client of SDK v1 (@modelcontextprotocol/sdk)': clientOfSdkV1,
  'the client of SDK v2 (@modelcontextprotocol/client)': clientOfSdkV2,
}

// Exiting takes the servers along.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const story = new Story()
const servers: ExampleServer[] = []
try {
  for (const name of exampleNames) {
    const server = await startExample(name)
    servers.push(server)
    for (const [client, connectClient] of Object.entries(clients)) {
      story.chapter(`${name} at ${server.mcpUrl}, driven by ${client}`)
      await walkThrough(story, server, connectClient)
    }
  }
  for (const [client, connectClient] of Object.entries(clients)) {
    story.chapter(`A client that publishes who it is, and does not register: ${client}`)
    await signInPublished(story, connectClient)
  }
  const exitCodes = await Promise.all(servers.map((server) => server.stop()))
  if (exitCodes.some((code) => code !== 0))
    throw new Error(`A server did not stop cleanly: ${exitCodes.join(', ')}`)
  console.log('\nEvery step held, and the servers have stopped.')
} catch (error) {
  console.error('\nThe demo failed.', error)
  await Promise.all(servers.map((server) => server.stop()))
  process.exitCode = 1
}
