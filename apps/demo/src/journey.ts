import assert from 'node:assert/strict'
import { z } from 'zod'
import type { ExampleServer } from './example-server.js'
import { HeadlessUser } from './headless-user.js'
import { InMemoryOAuthClient } from './in-memory-oauth-client.js'
import type { ConnectOfficialClient } from './official-clients.js'
import { type Exchange, recordedFetch } from './recorded-fetch.js'
import type { Story } from './story.js'

/** Walks an official client through everything that an example promises. It shows no secret. */
export async function walkThrough(
  story: Story,
  server: ExampleServer,
  connectClient: ConnectOfficialClient,
  userName: string,
): Promise<void> {
  const { mcpUrl, publicUrl } = server
  const exchanges: Exchange[] = []
  const oauth = new InMemoryOAuthClient('Tollgate demo')
  const user = new HeadlessUser()
  user.fillIn('user', userName)
  const client = connectClient(mcpUrl, oauth, recordedFetch(exchanges))
  const sinceLastStep = () => exchanges.splice(0)
  const pages = () => user.visited.splice(0)

  await story.step('The client lists the tools without a token: 401', async () => {
    const response = await callWithToken(mcpUrl, undefined)
    const refused = exchangeOf(response, 'tools/list')
    assert.equal(response.status, 401)
    assert.match(refused.challenge ?? '', /^Bearer resource_metadata="[^"]+", scope="notes:read"$/)
    return [refused]
  })

  let started: Exchange[] = []
  await story.step('It follows the challenge to the metadata', async () => {
    await assertAsksForSignIn(client.connect())
    started = sinceLastStep()
    const discovery = started.filter(({ url }) => url.includes('/.well-known/'))
    assert.deepEqual(
      discovery.map(({ url, status }) => [new URL(url).pathname, status]),
      [
        ['/.well-known/oauth-protected-resource/mcp', 200],
        ['/.well-known/oauth-authorization-server', 200],
      ],
    )
    return discovery
  })

  await story.step('It registers itself', async () => {
    const registration = started.filter(({ url }) => url.endsWith('/register'))
    assert.deepEqual(
      registration.map(({ method, status }) => [method, status]),
      [['POST', 201]],
    )
    assert.equal(oauth.clientInformation()?.client_secret, undefined)
    return registration.map((one) => ({ ...one, note: 'public client' }))
  })

  let callback = new URL('about:blank')
  await story.step(`${userName} signs in and allows the request`, async () => {
    const asked = oauth.authorizationUrl.searchParams
    assert.equal(asked.get('code_challenge_method'), 'S256')
    assert.equal(asked.get('resource'), mcpUrl.href)
    callback = await user.visit(oauth.authorizationUrl, { redirectUri: oauth.redirectUrl })
    assertCallback(callback)
    return [`GET  /authorize  scope=${asked.get('scope')}, PKCE S256`, ...pages()]
  })

  await story.step('The client exchanges its code for tokens', async () => {
    await client.finishSignIn(callback)
    const [exchange] = sinceLastStep().filter(({ about }) => about === 'authorization_code')
    assert.equal(exchange?.status, 200)
    assert.equal(oauth.tokens()?.scope, 'notes:read')
    return [{ ...exchange, note: `scope ${oauth.tokens()?.scope}` }]
  })

  await story.step('It lists the tools', async () => {
    await client.connect()
    const tools = await client.listTools()
    assert.deepEqual(tools.sort(), ['add_note', 'list_notes', 'whoami'])
    return [...sinceLastStep(), `tools: ${tools.join(', ')}`]
  })

  await story.step('It calls a tool, which knows the user', async () => {
    const result = await client.callTool('whoami')
    assert.ok(result.startsWith(`You are ${userName}, `))
    return [
      ...sinceLastStep(),
      `"${result.replace(oauth.clientInformation()?.client_id ?? '', 'the client')}"`,
    ]
  })

  await story.step('It calls a tool that needs another scope: 403', async () => {
    await assertAsksForSignIn(client.callTool('add_note', { text: 'Buy milk' }))
    const [refused] = sinceLastStep()
    assert.equal(refused?.status, 403)
    const challenge = refused.challenge ?? ''
    assert.match(challenge, /error="insufficient_scope"/)
    assert.match(challenge, /scope="notes:read notes:write"/)
    assert.match(challenge, /resource_metadata="[^"]+"/)
    return [refused]
  })

  await story.step(`The client asks for both scopes, and ${userName} allows them`, async () => {
    assert.equal(oauth.authorizationUrl.searchParams.get('scope'), 'notes:read notes:write')
    const wider = await user.visit(oauth.authorizationUrl, { redirectUri: oauth.redirectUrl })
    assertCallback(wider)
    await client.finishSignIn(wider)
    assert.equal(oauth.tokens()?.scope, 'notes:read notes:write')
    return [
      ...(client.stepUpHelp === undefined ? [] : [client.stepUpHelp]),
      ...pages(),
      ...sinceLastStep().map((one) => ({ ...one, note: `scope ${oauth.tokens()?.scope}` })),
    ]
  })

  await story.step('It calls the tool again', async () => {
    await client.callTool('add_note', { text: 'Buy milk' })
    const notes = await client.callTool('list_notes')
    assert.match(notes, /Buy milk/)
    return [...sinceLastStep(), `notes: ${notes.replaceAll('\n', ', ')}`]
  })

  await story.step(`Its access token becomes invalid: it refreshes without ${userName}`, async () => {
    const { signIns } = oauth
    oauth.spoilAccessToken()
    await client.callTool('list_notes')
    const refresh = sinceLastStep()
    assert.deepEqual(
      refresh.map(({ about, status }) => [about, status]),
      [
        ['tools/call list_notes', 401],
        ['refresh_token', 200],
        ['tools/call list_notes', 200],
      ],
    )
    assert.equal(oauth.signIns, signIns)
    return refresh.map((one) => ({
      ...one,
      ...(one.status === 401 ? { note: 'invalid_token' } : {}),
      challenge: null,
    }))
  })

  await story.step('It revokes its tokens: neither works again', async () => {
    const { access_token: accessToken, refresh_token: refreshToken = '' } = oauth.tokens() ?? {}
    const clientId = oauth.clientInformation()?.client_id ?? ''
    assert.equal((await callWithToken(mcpUrl, accessToken)).status, 200)

    const endpoints = endpointsSchema.parse(oauth.discoveryState()?.authorizationServerMetadata)
    const revoked = await postForm(endpoints.revocation_endpoint, {
      token: refreshToken,
      client_id: clientId,
    })
    assert.equal(revoked.status, 200)

    const refused = await callWithToken(mcpUrl, accessToken)
    assert.equal(refused.status, 401)
    assert.match(refused.headers.get('www-authenticate') ?? '', /error="invalid_token"/)
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: clientId }
    const refresh = await postForm(endpoints.token_endpoint, form)
    assert.deepEqual(z.object({ error: z.string() }).parse(await refresh.json()), { error: 'invalid_grant' })
    return [
      exchangeOf(revoked),
      { ...exchangeOf(refused, 'tools/list'), challenge: null, note: 'invalid_token' },
      { ...exchangeOf(refresh, 'refresh_token'), note: 'invalid_grant' },
    ]
  })

  await client.close()

  async function assertAsksForSignIn(call: Promise<unknown>): Promise<void> {
    const error: unknown = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (error === undefined) throw new Error('The call was not refused')
    if (!client.isWaitingForSignIn(error)) throw error
  }

  function assertCallback({ searchParams }: URL): void {
    assert.ok(searchParams.get('code'), `no code but ${searchParams.get('error')}`)
    assert.deepEqual(searchParams.getAll('iss'), [publicUrl])
  }
}

/** The exchange of a POST that did not go through the client. */
function exchangeOf({ url, status, headers }: Response, about?: string): Exchange {
  return { method: 'POST', url, about, status, challenge: headers.get('www-authenticate') }
}

/** Lists the tools without an SDK, to see the bare response. */
function callWithToken(mcpUrl: URL, token: string | undefined): Promise<Response> {
  return fetch(mcpUrl, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }),
  })
}

const endpointsSchema = z.object({ revocation_endpoint: z.string(), token_endpoint: z.string() })

function postForm(url: string, form: Record<string, string>): Promise<Response> {
  return fetch(url, { method: 'POST', body: new URLSearchParams(form) })
}
