import assert from 'node:assert/strict'
import { HeadlessUser } from './headless-user.js'
import { InMemoryOAuthClient } from './in-memory-oauth-client.js'
import type { ConnectOfficialClient } from './official-clients.js'
import { startPublishedClientServer } from './published-client-server.js'
import { type Exchange, recordedFetch } from './recorded-fetch.js'
import type { Story } from './story.js'

const clientId = 'https://client.example/oauth/client.json'

/** Lets an official client sign in with the URL of its metadata document as its client ID. */
export async function signInPublished(story: Story, connectClient: ConnectOfficialClient): Promise<void> {
  const oauth = new InMemoryOAuthClient('Published client', clientId)
  const server = await startPublishedClientServer(
    new Map([[clientId, { client_id: clientId, ...oauth.clientMetadata }]]),
  )
  const exchanges: Exchange[] = []
  const user = new HeadlessUser()
  const client = connectClient(server.mcpUrl, oauth, recordedFetch(exchanges))
  try {
    await story.step('The client uses the URL of its metadata document as its ID', async () => {
      const error: unknown = await client.connect().catch((reason: unknown) => reason)
      assert.ok(client.isWaitingForSignIn(error), String(error))
      assert.equal(oauth.authorizationUrl.searchParams.get('client_id'), clientId)
      assert.deepEqual(
        exchanges.splice(0).filter(({ url }) => url.endsWith('/register')),
        [],
      )
      return [`client_id: ${clientId}`, 'no registration']
    })

    await story.step('The server fetches the document and asks the user', async () => {
      const callback = await user.visit(oauth.authorizationUrl, { redirectUri: oauth.redirectUrl })
      assert.deepEqual(server.fetched, [clientId])
      await client.finishSignIn(callback)
      return [`fetched: ${clientId}`, ...user.visited.splice(0)]
    })

    await story.step('The client calls a tool', async () => {
      await client.connect()
      const result = await client.callTool('whoami')
      assert.equal(result, `You are demo, and ${clientId} works for you.`)
      return [`"${result}"`]
    })

    await story.step('Its website goes down: it can still refresh its tokens', async () => {
      server.breakDown()
      exchanges.length = 0
      oauth.spoilAccessToken()
      await client.callTool('whoami')
      const refresh = exchanges.find(({ about }) => about === 'refresh_token')
      assert.equal(refresh?.status, 200)
      assert.deepEqual(server.fetched, [clientId, clientId])
      return ['the stored document is stale, and the website responds 503', refresh]
    })

    await story.step('The server fetches no document from its own machine', async () => {
      const url = new URL(oauth.authorizationUrl)
      url.searchParams.set('client_id', 'https://localhost/oauth/client.json')
      const response = await fetch(url, { redirect: 'manual' })
      // The response is that for a website that is down. Otherwise clients could map the network.
      assert.equal(response.status, 503)
      assert.equal(server.fetched.length, 2)
      const { status } = response
      const about = 'client_id=https://localhost/…'
      return [{ method: 'GET', url: url.href, about, status, challenge: null, note: 'nothing was fetched' }]
    })
  } finally {
    await client.close()
    await server.stop()
  }
}
