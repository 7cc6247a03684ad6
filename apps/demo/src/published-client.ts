import assert from 'node:assert/strict'
import { HeadlessUser } from './headless-user.js'
import { InMemoryOAuthClient } from './in-memory-oauth-client.js'
import type { ConnectOfficialClient } from './official-clients.js'
import { startPublishedClientServer } from './published-client-server.js'
import { type Exchange, recordedFetch } from './recorded-fetch.js'
import type { Story } from './story.js'

const clientId = 'https://client.example/oauth/client.json'

/** Lets an official client sign in with the URL of its metadata document for an id. */
export async function signInPublished(story: Story, connectClient: ConnectOfficialClient): Promise<void> {
  const oauth = new InMemoryOAuthClient('Published client', clientId)
  const server = await startPublishedClientServer(
    new Map([[clientId, { client_id: clientId, ...oauth.clientMetadata }]]),
  )
  const exchanges: Exchange[] = []
  const user = new HeadlessUser()
  const client = connectClient(server.mcpUrl, oauth, recordedFetch(exchanges))
  try {
    await story.step('The client introduces itself by the URL of its document', async () => {
      const error: unknown = await client.connect().catch((reason: unknown) => reason)
      assert.ok(client.isWaitingForSignIn(error), String(error))
      assert.equal(oauth.authorizationUrl.searchParams.get('client_id'), clientId)
      assert.deepEqual(
        exchanges.splice(0).filter(({ url }) => url.endsWith('/register')),
        [],
      )
      return [`client_id: ${clientId}`, 'it did not register']
    })

    await story.step('The server reads the document, and asks the user', async () => {
      const callback = await user.visit(oauth.authorizationUrl, { redirectUri: oauth.redirectUrl })
      assert.deepEqual(server.fetched, [clientId])
      await client.finishSignIn(callback)
      return [`fetched ${clientId}, once`, ...user.diary.splice(0)]
    })

    await story.step('The client works for the user', async () => {
      await client.connect()
      const answer = await client.callTool('whoami')
      assert.equal(answer, `You are demo, and ${clientId} works for you.`)
      return [answer]
    })

    await story.step('Later its website is down: it refreshes its tokens all the same', async () => {
      server.breakDown()
      exchanges.length = 0
      oauth.spoilAccessToken()
      await client.callTool('whoami')
      const refresh = exchanges.find(({ about }) => about === 'refresh_token')
      assert.equal(refresh?.status, 200)
      assert.deepEqual(server.fetched, [clientId, clientId])
      return ['the document is old, and its website answers 503', 'POST /token refresh_token -> 200']
    })

    await story.step('No document is fetched from the machine itself', async () => {
      const url = new URL(oauth.authorizationUrl)
      url.searchParams.set('client_id', 'https://localhost/oauth/client.json')
      const response = await fetch(url, { redirect: 'manual' })
      // An address that is not public looks like a website that is down, so that nobody can map the network with it.
      assert.equal(response.status, 503)
      assert.equal(server.fetched.length, 2)
      return ['GET /authorize with a client_id at localhost -> 503, and nothing was fetched']
    })
  } finally {
    await client.close()
    await server.stop()
  }
}
