import { type AuthEvent, memoryStore } from '@tollgate/auth-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { documentClient, startClientWebsite } from '../harness/client-website.js'
import { expectErrorPage, expectOAuthError } from '../harness/expectations.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp, notesProvider } from '../harness/notes-app.js'
import { authorizationUrl, Browser, type RegisteredClient } from '../harness/oauth-driver.js'

const cursor = 'cursor://anysphere.cursor-mcp/oauth/callback'
const website = 'https://client.example/cb'
const notOfWebsite = [
  'http://localhost:1/cb',
  'http://127.0.0.1/cb',
  'https://localhost/cb',
  'http://[::1]/cb',
  cursor,
]

const send = (origin: string, metadata: Record<string, unknown>) =>
  fetch(`${origin}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token_endpoint_auth_method: 'none', ...metadata }),
  })

describe.each(hosts)('$name', ({ start }) => {
  const events: AuthEvent[] = []
  let host: RunningHost
  beforeAll(async () => {
    host = await start(notesApp({ events, enforceApplicationType: true }))
  })
  afterAll(() => host.close())

  test.each(notOfWebsite)('F-16 a web client cannot register %s, and a native client can', async (uri) => {
    const refused = await send(host.origin, { redirect_uris: [uri], application_type: 'web' })
    const text = await expectOAuthError(refused, 400, 'invalid_redirect_uri')
    expect(text).toContain(uri)
    expect(events.at(-1)).toMatchObject({ hint: expect.stringContaining('"enforceApplicationType"') })
    for (const application_type of ['native', undefined]) {
      const response = await send(host.origin, { redirect_uris: [uri, website], application_type })
      expect(response.status).toBe(201)
      expect(await response.json()).toMatchObject({ redirect_uris: [uri, website] })
    }
  })

  test('F-16 F-27 a web client registers its websites and loses its other redirect URIs', async () => {
    const metadata = { redirect_uris: [...notOfWebsite, website], application_type: 'web' }
    const response = await send(host.origin, metadata)
    expect(response.status).toBe(201)
    expect(await response.json()).toMatchObject({ redirect_uris: [website], application_type: 'web' })
    expect(events.at(-1)).toMatchObject({ leftOut: { redirect_uris: notOfWebsite } })
  })

  test('F-16 an unknown application type is refused where it matters', async () => {
    const response = await send(host.origin, { redirect_uris: [website], application_type: 'toaster' })
    await expectOAuthError(response, 400, 'invalid_client_metadata')
  })
})

test('F-16 the application type limits nothing by default', async () => {
  const host = await anyHost.start(notesApp())
  const metadata = { redirect_uris: [...notOfWebsite, website], application_type: 'web' }
  expect(await (await send(host.origin, metadata)).json()).toMatchObject(metadata)
  await host.close()
})

test('F-16 the application type applies to earlier registrations and to client documents', async () => {
  const store = memoryStore()
  const site = await startClientWebsite()
  const before = await anyHost.start(notesApp({ store }))
  const [loopback = ''] = notOfWebsite
  const metadata = { redirect_uris: [loopback, website], application_type: 'web' }
  const client = (await (await send(before.origin, metadata)).json()) as RegisteredClient
  site.publish(metadata)
  const stricter = await anyHost.start(() => ({
    provider: notesProvider(before.origin, {
      store,
      enforceApplicationType: true,
      ssrfSafeFetch: site.fetch,
    }),
  }))
  for (const one of [client, documentClient(website)]) {
    const open = (redirect_uri: string) =>
      new Browser('alice').open(authorizationUrl(stricter.origin, one, { redirect_uri }))
    await expectErrorPage(await open(loopback), 400)
    expect((await open(website)).status).toBe(200)
  }
  await Promise.all([before.close(), stricter.close(), site.close()])
})
