import assert from 'node:assert/strict'
import { z } from 'zod'
import type { ExampleServer } from './example-server.js'
import { HeadlessUser } from './headless-user.js'
import { InMemoryOAuthClient } from './in-memory-oauth-client.js'
import type { ConnectOfficialClient } from './official-clients.js'
import { type Exchange, recordedFetch } from './recorded-fetch.js'
import type { Story } from './story.js'

/** Walks an official client through everything that an example promises. No line of the story contains a secret. */
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

  await story.step('A call without a token is refused', async () => {
    const response = await callWithToken(mcpUrl, undefined)
    assert.equal(response.status, 401)
    const challenge = response.headers.get('www-authenticate') ?? ''
    assert.match(challenge, /^Bearer resource_metadata="[^"]+", scope="notes:read"$/)
    return ['POST /mcp tools/list -> 401', `challenge: ${challenge}`]
  })

  let started: Exchange[] = []
  await story.step('The client follows the challenge to the metadata', async () => {
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
    return discovery.map(describe)
  })

  await story.step('It registers itself', async () => {
    const registration = started.filter(({ url }) => url.endsWith('/register'))
    assert.deepEqual(
      registration.map(({ method, status }) => [method, status]),
      [['POST', 201]],
    )
    assert.equal(oauth.clientInformation()?.client_secret, undefined)
    return [...registration.map(describe), 'a public client, without a secret']
  })

  let callback = new URL('about:blank')
  await story.step('The user signs in and allows what the client asks for', async () => {
    const asked = oauth.authorizationUrl.searchParams
    assert.equal(asked.get('code_challenge_method'), 'S256')
    assert.equal(asked.get('resource'), mcpUrl.href)
    callback = await user.visit(oauth.authorizationUrl, { redirectUri: oauth.redirectUrl })
    assertCallback(callback)
    return [`the client asks for ${asked.get('scope')} at ${asked.get('resource')}`, ...user.diary.splice(0)]
  })

  await story.step('The client gets its tokens', async () => {
    await client.finishSignIn(callback)
    const [exchange] = sinceLastStep().filter(({ about }) => about === 'authorization_code')
    assert.equal(exchange?.status, 200)
    assert.equal(oauth.tokens()?.scope, 'notes:read')
    return [describe(exchange), `access and refresh token (not shown) for ${oauth.tokens()?.scope}`]
  })

  await story.step('It lists the tools', async () => {
    await client.connect()
    const tools = await client.listTools()
    assert.deepEqual(tools.sort(), ['add_note', 'list_notes', 'whoami'])
    return [...sinceLastStep().map(describe), `tools: ${tools.join(', ')}`]
  })

  await story.step('whoami knows the user', async () => {
    const answer = await client.callTool('whoami')
    assert.ok(answer.startsWith(`You are ${userName}, `))
    sinceLastStep()
    return [answer.replace(oauth.clientInformation()?.client_id ?? '', 'the client')]
  })

  await story.step('add_note is refused: it needs notes:write', async () => {
    await assertAsksForSignIn(client.callTool('add_note', { text: 'Buy milk' }))
    const [refused] = sinceLastStep()
    assert.equal(refused?.status, 403)
    const challenge = refused.challenge ?? ''
    assert.match(challenge, /error="insufficient_scope"/)
    assert.match(challenge, /scope="notes:read notes:write"/)
    assert.match(challenge, /resource_metadata="[^"]+"/)
    return [describe(refused), `challenge: ${challenge}`]
  })

  await story.step('The client steps up: it asks the user for the wider scope', async () => {
    assert.equal(oauth.authorizationUrl.searchParams.get('scope'), 'notes:read notes:write')
    const wider = await user.visit(oauth.authorizationUrl, { redirectUri: oauth.redirectUrl })
    assertCallback(wider)
    await client.finishSignIn(wider)
    assert.equal(oauth.tokens()?.scope, 'notes:read notes:write')
    return [
      ...(client.stepUpHelp === undefined ? [] : [client.stepUpHelp]),
      ...user.diary.splice(0),
      ...sinceLastStep().map(describe),
      `tokens for ${oauth.tokens()?.scope}`,
    ]
  })

  await story.step('add_note works now', async () => {
    await client.callTool('add_note', { text: 'Buy milk' })
    const notes = await client.callTool('list_notes')
    assert.match(notes, /Buy milk/)
    return [...sinceLastStep().map(describe), `notes: ${notes.replaceAll('\n', ', ')}`]
  })

  await story.step('When the access token is no good any more, the client refreshes it alone', async () => {
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
    return [...refresh.map(describe), 'the user was not asked']
  })

  await story.step('After revocation both tokens are refused', async () => {
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
      'POST /revoke -> 200',
      'POST /mcp tools/list -> 401 invalid_token',
      `POST /token refresh_token -> ${refresh.status} invalid_grant`,
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

function describe({ method, url, about, status }: Exchange): string {
  return [method, new URL(url).pathname, about, '->', status].filter((part) => part !== undefined).join(' ')
}

/** A call without an SDK, to see the bare answer. */
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
