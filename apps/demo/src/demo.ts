// Starts an example server and walks an official MCP client through it. With `--all`: every example, the clients of both
// SDKs, and a client with a metadata document.
import { type ExampleServer, exampleNames, startExample } from './example-server.js'
import { walkThrough } from './journey.js'
import { clientOfSdkV1, clientOfSdkV2 } from './official-clients.js'
import { signInPublished } from './published-client.js'
import { Story } from './story.js'

const sdkV1 = {
  client: 'SDK v1 (@modelcontextprotocol/sdk)',
  connectClient: clientOfSdkV1,
  userName: 'Bob',
}
const sdkV2 = {
  client: 'SDK v2 (@modelcontextprotocol/client)',
  connectClient: clientOfSdkV2,
  userName: 'Alice',
}

const showsAll = process.argv.includes('--all')
const examples = showsAll ? exampleNames : exampleNames.slice(0, 1)
const clients = showsAll ? [sdkV1, sdkV2] : [sdkV2]

// Exiting takes the servers along.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const started = Date.now()
const story = new Story()
const servers: ExampleServer[] = []
try {
  for (const name of examples) {
    const server = await startExample(name)
    servers.push(server)
    for (const { client, connectClient, userName } of clients) {
      story.chapter('An MCP client connects to a server that it has never seen', [
        `server  ${name}, ${server.mcpUrl}`,
        `client  ${client}`,
        `user    ${userName}, whose browser the demo operates`,
      ])
      await walkThrough(story, server, connectClient, userName)
    }
  }
  if (showsAll) {
    for (const { client, connectClient } of clients) {
      story.chapter('An MCP client connects without registering', [
        'server  an Express server in this process',
        `client  ${client}`,
      ])
      await signInPublished(story, connectClient)
    }
  }
  const exitCodes = await Promise.all(servers.map((server) => server.stop()))
  if (exitCodes.some((code) => code !== 0))
    throw new Error(`A server stopped with an error. Exit codes: ${exitCodes.join(', ')}`)
  const seconds = Math.round((Date.now() - started) / 1000)
  console.log(`\nAll ${story.succeeded} steps succeeded in ${seconds} s.`)
  if (!showsAll) console.log('Every example with both SDKs: npx --yes pnpm@12.21.0 demo --all')
  console.log('In your own client and browser:  npx --yes pnpm@12.21.0 start')
} catch (error) {
  console.error('\nThe demo failed.', error)
  await Promise.all(servers.map((server) => server.stop()))
  process.exitCode = 1
}
