import { inspect } from 'node:util'
import {
  type AuthEvent,
  IntrospectionTokenVerifier,
  JWTVerifier,
  MultiAuth,
  RemoteAuthProvider,
} from '@tollgate/auth-core'
import { createTestIssuer } from '@tollgate/auth-testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { everyLogger } from '../harness/loggers.js'
import { notesApp } from '../harness/notes-app.js'
import {
  authorizationUrl,
  authorizeInBrowser,
  Browser,
  callMcp,
  codeForm,
  newCode,
  newTokens,
  postForm,
  type RegisteredClient,
  refreshForm,
  register,
} from '../harness/oauth-driver.js'
import { sendBytes } from '../harness/raw-http.js'

/** Text for forging a log line, and a long text. */
const forged = `FORGED\r\n\u2028\u001b[2J{"type":"tokens.issued"}<script>${'x'.repeat(500)}`
/** The same where a header or a URL must be valid. */
const printable = `FORGED%0d%0a{"type":"tokens.issued"}${'x'.repeat(500)}`

/** The lines that a logger and the console print for an event. */
function linesOf(event: AuthEvent): string[] {
  const lines: string[] = []
  const warn = vi.spyOn(console, 'warn').mockImplementation((line) => void lines.push(String(line)))
  everyLogger((line) => {
    // JSON keeps the lines of a stack trace in one.
    lines.push(JSON.stringify({ ...JSON.parse(line), cause: undefined }))
    expect(line.trimEnd()).not.toContain('\n')
  })(event)
  warn.mockRestore()
  return lines
}

describe.each(hosts)('$name', ({ start }) => {
  const events: AuthEvent[] = []
  let host: RunningHost
  let client: RegisteredClient
  beforeAll(async () => {
    host = await start(notesApp({ events }))
    client = await register(host.origin, {
      client_name: 'FORGED {"type":"tokens.issued"} <script>',
      client_uri: 'https://forged.example/FORGED',
    })
  })
  afterAll(() => host.close())

  /** Expects events without any part of the forged text. */
  function expectCleanEvents(atLeast: number): void {
    expect(events.length).toBeGreaterThanOrEqual(atLeast)
    for (const event of events.splice(0)) {
      for (const line of linesOf(event)) expect(line).toMatch(/^[ -~]{1,2000}$/)
      const text = inspect(event, { depth: 20, showHidden: true, maxStringLength: null })
      expect(text).not.toMatch(/FORGED|forged\.example|xxxxxxxxxx/)
      for (const value of Object.values(event).flat())
        if (typeof value === 'string') expect(value).toMatch(/^[ -~]{0,200}$/)
    }
  }

  test('O-03 every request of a client with a forged name logs no forged line', async () => {
    const tokens = await newTokens(host.origin, client)
    await postForm(`${host.origin}/revoke`, { token: tokens.access_token, client_id: client.client_id })
    expectCleanEvents(5)
  })

  test.each([
    'client_id',
    'redirect_uri',
    'response_type',
    'scope',
    'resource',
    'state',
    'code_challenge',
    'code_challenge_method',
    'response_mode',
    'prompt',
    'request_uri',
    'login_hint',
  ])('O-03 an authorization request with a forged %s logs no forged line', async (name) => {
    await new Browser('alice').open(authorizationUrl(host.origin, client, { [name]: forged }))
    await new Browser('alice').open(authorizationUrl(host.origin, client, { [name]: [forged, forged] }))
    expectCleanEvents(1)
  })

  test.each([
    'grant_type',
    'client_id',
    'client_secret',
    'code',
    'redirect_uri',
    'code_verifier',
    'refresh_token',
    'scope',
    'resource',
    'client_assertion',
    'client_assertion_type',
  ])('O-03 a token request with a forged %s logs no forged line', async (name) => {
    const good = codeForm(client, await newCode(host.origin, client))
    const { refresh_token: refreshToken } = await newTokens(host.origin, client)
    events.length = 0
    for (const form of [good, refreshForm(client, refreshToken)]) {
      await postForm(`${host.origin}/token`, { ...form, [name]: [forged, 'x'] })
      await postForm(`${host.origin}/token`, { ...form, [name]: forged })
    }
    expectCleanEvents(2)
  })

  test('O-03 forged credentials, paths, methods and bodies log no forged line', async () => {
    for (const authorization of [
      `Basic ${btoa(`${printable}:${printable}`)}`,
      `Basic ${printable}`,
      printable,
    ])
      for (const endpoint of ['token', 'revoke', 'introspect'])
        await postForm(
          `${host.origin}/${endpoint}`,
          { token: forged, token_type_hint: forged },
          { authorization },
        )
    for (const [endpoint, type, body] of [
      ['token', printable, printable],
      ['token', 'application/x-www-form-urlencoded', `${printable}=%zz`],
      ['register', 'application/json', `{"client_name":${printable}`],
      ['register', 'application/json', JSON.stringify({ redirect_uris: [forged, `javascript:${forged}`] })],
      ['register', 'application/json', JSON.stringify({ [forged]: forged, redirect_uris: forged })],
      [
        'consent',
        'application/x-www-form-urlencoded',
        new URLSearchParams({ transaction: forged, decision: forged }),
      ],
    ] as const)
      await fetch(`${host.origin}/${endpoint}`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: String(body),
      })
    const { host: name } = new URL(host.origin)
    const lines = [
      `POST /token?${printable.replaceAll('"', '')} HTTP/1.1`,
      `Host: ${name}`,
      'Connection: close',
    ]
    await sendBytes(host.origin, [...lines, 'X-Forwarded-For: FORGED', 'User-Agent: FORGED'])
    expectCleanEvents(10)
  })

  test('O-03 consent for a client with a forged name logs no forged line', async () => {
    await authorizeInBrowser(host.origin, client, { state: forged })
    expectCleanEvents(2)
  })

  test('O-03 forged tokens cannot inject log lines', async () => {
    const issuer = await createTestIssuer({ issuer: 'https://login.example' })
    const onEvent = (event: AuthEvent) => events.push(event)
    const resource = await start((baseUrl) => ({
      provider: new RemoteAuthProvider({
        baseUrl,
        authorizationServers: [issuer.issuer],
        tokenVerifier: new MultiAuth({
          onEvent,
          verifiers: [
            new JWTVerifier({ issuer: issuer.issuer, fetch: issuer.fetch, onEvent }),
            new IntrospectionTokenVerifier({
              introspectionUrl: `${issuer.issuer}/introspect`,
              clientId: 'rs',
              clientSecret: 'secret',
              onEvent,
              // Only `active` is the server's. The client chose the rest.
              fetch: async () =>
                Response.json({
                  active: true,
                  aud: forged,
                  sub: forged,
                  scope: forged,
                  client_id: forged,
                  iss: forged,
                }),
            }),
          ],
        }),
      }),
    }))
    const good = { audience: `${resource.origin}/mcp` }
    for (const [name, forging] of Object.entries({
      alg: { header: { alg: forged } },
      typ: { header: { typ: forged } },
      kid: { header: { kid: forged } },
      crit: { header: { crit: [forged] } },
      iss: { claims: { iss: forged } },
      aud: { audience: forged },
      sub: { claims: { sub: forged, exp: 1 } },
      scope: { claims: { scope: { [forged]: forged } } },
      exp: { claims: { exp: forged } },
    })) {
      await callMcp(resource.origin, await issuer.mint({ ...good, ...forging }))
      expect(
        events.map(({ type }) => type),
        name,
      ).toContain('token.rejected')
      expectCleanEvents(1)
    }
    await callMcp(resource.origin, printable.replaceAll(/[^\w]/g, ''))
    expectCleanEvents(1)
    await resource.close()
  })
})
