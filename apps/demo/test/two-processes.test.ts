import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ServerProcess, startProcess } from '../src/server-process.js'
import { officialClients, Session } from './session.js'

const folder = mkdtempSync(join(tmpdir(), 'two-processes-'))
const settings = {
  STORE_FILE: join(folder, 'store.json'),
  STORE_KEY: randomBytes(32).toString('base64'),
  SHARED_SECRET: randomBytes(32).toString('base64url'),
}
const day = 86_400

interface Started {
  readonly origin: string
  readonly mcpUrl: URL
  readonly process: ServerProcess
}

async function start(name: string, env: Readonly<Record<string, string>> = {}): Promise<Started> {
  const process = startProcess({
    name,
    cwd: fileURLToPath(new URL('./processes/', import.meta.url)),
    file: `${name}.ts`,
    env: { ...settings, SECONDS_AHEAD: String(secondsAhead), ...env },
  })
  started.push(process)
  const origin = await process.nextLine()
  return { origin, mcpUrl: new URL('/mcp', origin), process }
}

/** Sends a command to a process and waits until it is done. */
async function tell({ process }: Started, command: string): Promise<void> {
  process.write(command)
  expect(await process.nextLine()).toBe('done')
}

const started: ServerProcess[] = []
let secondsAhead = 0
let issuer: Started
/** Verifies JWTs itself. */
let verifying: Started
/** Introspects every token. */
let asking: Started

async function startIssuer(port = '0'): Promise<void> {
  issuer = await start('authorization-server', { PORT: port })
}

/** Kills the authorization server and starts another process with the same store. */
async function restartIssuer(): Promise<void> {
  await issuer.process.stop('SIGKILL')
  await startIssuer(new URL(issuer.origin).port)
  await serve()
}

const serve = () => tell(issuer, `serve ${verifying.mcpUrl},${asking.mcpUrl}`)

/** Advances the clock of every process. */
async function advance(seconds: number): Promise<void> {
  secondsAhead += seconds
  await Promise.all([issuer, verifying, asking].map((one) => tell(one, `advance ${seconds}`)))
}

beforeAll(async () => {
  await startIssuer()
  const env = { ISSUER: issuer.origin }
  const resourceServers = ['verifying-resource-server', 'asking-resource-server'] as const
  const both = await Promise.all(resourceServers.map((name) => start(name, env)))
  ;[verifying, asking] = both as [Started, Started]
  await serve()
})
afterAll(async () => {
  await Promise.all(started.map((process) => process.stop('SIGKILL')))
  rmSync(folder, { recursive: true })
})

/** A client that has signed in. */
async function signIn(resource: Started): Promise<Session> {
  const session = new Session(resource)
  await session.connect()
  session.takeExchanges()
  return session
}

/** Calls with a fixed token, without a client that would get another one. */
function call({ mcpUrl }: Started, accessToken: string | undefined): Promise<Response> {
  return fetch(mcpUrl, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${accessToken}`,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
  })
}

async function statusOf(resource: Started, accessToken: string | undefined): Promise<number> {
  const answer = await call(resource, accessToken)
  await answer.body?.cancel()
  return answer.status
}

/** The status of a client's request to the authorization server. */
async function post(path: string, oauth: Session['oauth'], form: Record<string, string>): Promise<number> {
  const { client_id = '' } = oauth.clientInformation() ?? {}
  const body = new URLSearchParams({ ...form, client_id })
  const answer = await fetch(issuer.origin + path, { method: 'POST', body })
  await answer.body?.cancel()
  return answer.status
}

function keyIdOf(accessToken = ''): unknown {
  return JSON.parse(Buffer.from(accessToken.split('.')[0] ?? '', 'base64url').toString()).kid
}

async function publishedKeyIds(): Promise<unknown[]> {
  const { keys } = (await (await fetch(`${issuer.origin}/jwks`)).json()) as { keys: { kid: string }[] }
  return keys.map(({ kid }) => kid)
}

describe('an authorization server and its resource servers in separate processes', () => {
  test.each(
    Object.entries(officialClients).flatMap(([sdk, connectClient]) => [
      { sdk, connectClient, how: 'that verifies tokens', resource: () => verifying },
      { sdk, connectClient, how: 'that introspects tokens', resource: () => asking },
    ]),
  )(
    'L-27 the client of $sdk discovers, registers, signs in, consents and calls a tool of one $how',
    async ({ connectClient, resource }) => {
      const session = new Session(resource(), connectClient)
      session.user.fillIn('user', 'alice')
      await session.connect()
      expect(session.user.visited.map(({ button }) => button)).toEqual(['Sign in', 'Allow'])
      expect(await session.client.callTool('whoami')).toBe('You are alice')
      const { authorizationServerMetadata, resourceMetadata } = session.oauth.discoveryState() ?? {}
      expect(authorizationServerMetadata?.issuer).toBe(issuer.origin)
      expect(resourceMetadata?.resource).toBe(resource().mcpUrl.href)
      await session.client.close()
    },
  )

  test('A-08 L-27 a resource server refuses a token issued for the other one', async () => {
    const [one, other] = await Promise.all([signIn(verifying), signIn(asking)])
    const tokens = [one, other].map(({ oauth }) => oauth.tokens()?.access_token)
    expect([await statusOf(verifying, tokens[1]), await statusOf(asking, tokens[0])]).toEqual([401, 401])
    expect([await statusOf(verifying, tokens[0]), await statusOf(asking, tokens[1])]).toEqual([200, 200])
  })

  test('H-05 I-03 L-27 an introspecting server refuses a revoked token at once, a verifying server when it expires', async () => {
    for (const [resource, afterwards] of [
      [asking, 401],
      [verifying, 200],
    ] as const) {
      const { oauth } = await signIn(resource)
      const { access_token, refresh_token = '' } = oauth.tokens() ?? {}
      expect(await statusOf(resource, access_token)).toBe(200)
      expect(await post('/revoke', oauth, { token: refresh_token })).toBe(200)
      expect(await statusOf(resource, access_token)).toBe(afterwards)
      await advance(3600 + 60)
      expect(await statusOf(resource, access_token)).toBe(401)
    }
  })

  test('N-17 A-16 old tokens stay valid after the signing key is replaced and the server restarts', async () => {
    const [oldKey] = await publishedKeyIds()
    await advance(89 * day)
    expect(await publishedKeyIds()).toEqual([oldKey, expect.any(String)])
    await advance(day - 600)
    const sessions = [await signIn(verifying), await signIn(asking)]
    const before = sessions.map(({ oauth }) => oauth.tokens())
    expect(before.map((tokens) => keyIdOf(tokens?.access_token))).toEqual([oldKey, oldKey])
    const revoked = (await signIn(asking)).oauth
    expect(await post('/revoke', revoked, { token: revoked.tokens()?.access_token ?? '' })).toBe(200)

    await advance(1200)
    await restartIssuer()
    const [, newKey] = await publishedKeyIds()
    expect(await statusOf(verifying, before[0]?.access_token)).toBe(200)
    expect(await statusOf(asking, before[1]?.access_token)).toBe(200)
    expect(await statusOf(asking, revoked.tokens()?.access_token)).toBe(401)
    for (const [index, { client, oauth }] of sessions.entries()) {
      expect(await client.callTool('whoami')).toBe('You are demo')
      const { signIns } = oauth
      oauth.spoilAccessToken()
      expect(await client.callTool('whoami')).toBe('You are demo')
      expect([oauth.signIns, keyIdOf(oauth.tokens()?.access_token)]).toEqual([signIns, newKey])
      // It is consumed at every process. Within thirty seconds it would get the same successor.
      await advance(30)
      const refresh_token = before[index]?.refresh_token ?? ''
      expect(await post('/token', oauth, { grant_type: 'refresh_token', refresh_token })).toBe(401)
      await client.close()
    }
  })

  test('A-17 A-18 L-27 without the authorization server, a verifying server continues and an introspecting server responds 503', async () => {
    const [known, asked, fresh] = [await signIn(verifying), await signIn(asking), new Session(verifying)]
    await fresh.expectSignInRequest(fresh.client.connect())
    await fresh.client.finishSignIn(await fresh.visit())
    const token = asked.oauth.tokens()?.access_token
    expect(await statusOf(asking, token)).toBe(200)

    await issuer.process.stop('SIGKILL')
    expect(await statusOf(verifying, known.oauth.tokens()?.access_token)).toBe(200)
    // The token is new to the server, which knows only the keys.
    expect(await statusOf(verifying, fresh.oauth.tokens()?.access_token)).toBe(200)
    expect(await statusOf(verifying, 'forged')).toBe(401)
    const outage = await call(asking, token)
    expect(outage.status).toBe(503)
    expect(outage.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(outage.headers.get('www-authenticate')).toBeNull()
    expect(await asked.client.callTool('whoami').catch(String)).toContain('temporarily_unavailable')
    expect(asked.oauth.tokens()?.access_token).toBe(token)

    await restartIssuer()
    expect(await asked.client.callTool('whoami')).toBe('You are demo')
    expect(asked.oauth.signIns).toBe(1)
  })
})
