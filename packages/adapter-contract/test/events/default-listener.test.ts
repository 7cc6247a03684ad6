import { JWTVerifier, logEvents, memoryStore, RemoteAuthProvider, type SignIn } from '@tollgate/auth-core'
import { createTestIssuer, testClock } from '@tollgate/auth-testing'
import Fastify from 'fastify'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { faultyStore } from '../harness/faulty-store.js'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { type NotesAppOptions, notesApp, notesProvider, signInByCookie } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  callMcp,
  newTokens,
  postForm,
  refreshForm,
  register,
} from '../harness/oauth-driver.js'

const warn = vi.spyOn(console, 'warn')
beforeEach(() => {
  warn.mockReset().mockImplementation(() => {})
})
afterEach(() => vi.unstubAllEnvs())
afterAll(() => warn.mockRestore())

/** The lines printed since the last call. */
function printed(): string[] {
  return warn.mock.calls.splice(0).map((line) => line.map(String).join(' '))
}

describe.each(hosts)('$name without "onEvent"', ({ start }) => {
  const running: RunningHost[] = []
  afterEach(async () => {
    await Promise.all(running.splice(0).map((host) => host.close()))
  })

  async function notes(options: NotesAppOptions = {}): Promise<RunningHost> {
    const host = await start(notesApp(options))
    running.push(host)
    printed()
    return host
  }

  const broken: SignIn = () => {
    throw new Error('the user database is down')
  }

  test.each(['production', 'development'])(
    'O-05 a signIn that throws is printed in %s',
    async (environment) => {
      vi.stubEnv('NODE_ENV', environment)
      const host = await notes({ signIn: broken })
      const client = await register(host.origin)
      await new Browser('alice').open(authorizationUrl(host.origin, client))
      expect(printed()).toEqual([
        expect.stringMatching(
          /^\[tollgate] request\.failed endpoint=authorize code=server_error .*cause="Error: the user database is down" requestId=/,
        ),
      ])
    },
  )

  test('O-05 a store outage is printed in production once per ten seconds', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    const now = testClock()
    const store = faultyStore({ now })
    const host = await notes({ now, store })
    const client = await register(host.origin)
    const tokens = await newTokens(host.origin, client)
    store.failAlways()
    now.advance(60)
    for (let n = 0; n < 5; n += 1) expect((await callMcp(host.origin, tokens.access_token)).status).toBe(503)
    await postForm(`${host.origin}/token`, refreshForm(client, tokens.refresh_token))
    expect(printed()).toEqual([expect.stringMatching(/^\[tollgate] source\.unavailable source=store cause=/)])
    now.advance(10)
    await callMcp(host.origin, tokens.access_token)
    expect(printed()).toEqual([expect.stringMatching(/ \(\d+ more since the last\)$/)])
  })

  test('O-05 a throwing verifier of the application is printed in production', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    const verifyToken = () => Promise.reject(new TypeError('Cannot read properties of undefined'))
    const host = await start((baseUrl) => ({
      provider: new RemoteAuthProvider({
        baseUrl,
        authorizationServers: ['https://login.example.com'],
        tokenVerifier: { requiredScopes: [], verifyToken },
      }),
    }))
    running.push(host)
    expect((await callMcp(host.origin, 'any')).status).toBe(503)
    expect(printed()).toEqual([
      '[tollgate] source.unavailable source=verifier cause="TypeError: Cannot read properties of undefined"',
    ])
  })

  test('O-05 a refused refresh is printed with the option outside production only', async () => {
    const now = testClock()
    const host = await notes({ now, store: memoryStore({ now }), refreshGrace: 0 })
    const client = await register(host.origin)
    const tokens = await newTokens(host.origin, client)
    const refresh = () => postForm(`${host.origin}/token`, refreshForm(client, tokens.refresh_token))
    await refresh()
    await refresh()
    expect(printed()).toEqual([
      expect.stringMatching(
        /^\[tollgate] request\.failed endpoint=token .* reason=refresh_token_reused .*hint: .*"refreshGrace"/,
      ),
    ])
    vi.stubEnv('NODE_ENV', 'production')
    now.advance(60)
    await refresh()
    expect(printed()).toEqual([])
  })

  test('onEvent: false prints nothing', async () => {
    const host = await notes({ signIn: broken, onEvent: false })
    const client = await register(host.origin)
    await new Browser('alice').open(authorizationUrl(host.origin, client))
    await callMcp(host.origin, 'any')
    await postForm(`${host.origin}/token`, {})
    expect(printed()).toEqual([])
  })

  describe('tokens of an issuer', async () => {
    const issuer = await createTestIssuer({ issuer: 'https://login.example' })
    let host: RunningHost
    beforeAll(async () => {
      host = await start((baseUrl) => ({
        provider: new RemoteAuthProvider({
          baseUrl,
          authorizationServers: [issuer.issuer],
          tokenVerifier: new JWTVerifier({ issuer: issuer.issuer, jwks: issuer.jwks() }),
        }),
      }))
    })
    afterAll(() => host.close())

    test('O-05 O-03 a refused token is printed once outside production without its content', async () => {
      const audience = `${host.origin}/mcp`
      const other = await issuer.mint({ audience, claims: { iss: 'https://FORGED.example' } })
      expect((await callMcp(host.origin, other)).status).toBe(401)
      const [line, ...others] = printed()
      expect(others).toEqual([])
      expect(line).toMatch(/^\[tollgate] token\.rejected reason=issuer issuer=https:\/\/login\.example/)
      expect(line).not.toContain('FORGED')
      vi.stubEnv('NODE_ENV', 'production')
      expect(
        (await callMcp(host.origin, await issuer.mint({ audience: 'https://other.example' }))).status,
      ).toBe(401)
      expect(printed()).toEqual([])
    })
  })

  test('O-05 open registration is printed when the server is created', async () => {
    const provider = notesProvider('https://notes.example.com', { signIn: signInByCookie })
    expect(provider.issuer).toBe('https://notes.example.com')
    expect(printed()).toEqual([
      '[tollgate] registration.open hint: Set "clientAddress", or "dynamicRegistration.initialAccessToken".',
    ])
  })
})

test('logEvents accepts the logger of Fastify', async () => {
  const lines: string[] = []
  const app = Fastify({
    logger: { level: 'debug', stream: { write: (line: string) => void lines.push(line) } },
  })
  notesProvider('https://notes.example.com', { onEvent: logEvents(app.log) })
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ level: 40, msg: 'registration.open' }])
  await app.close()
})
