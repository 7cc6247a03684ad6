import { type AuthEvent, type IsUserAllowed, OAuthError } from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectOAuthError, expectOutage } from '../harness/expectations.js'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp } from '../harness/notes-app.js'
import {
  callMcp,
  codeForm,
  newCode,
  newTokens,
  postForm,
  type RegisteredClient,
  refreshForm,
  register,
} from '../harness/oauth-driver.js'

const now = testClock()

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  let client: RegisteredClient
  let answer: ReturnType<IsUserAllowed>
  let problem: Error | undefined
  const asked: Parameters<IsUserAllowed>[] = []
  const events: AuthEvent[] = []
  const send = (form: Record<string, string>) => postForm(`${host.origin}/token`, form)

  beforeAll(async () => {
    const isUserAllowed: IsUserAllowed = (...question) => {
      asked.push(question)
      if (problem !== undefined) throw problem
      return answer
    }
    host = await start(notesApp({ now, events, isUserAllowed }))
    client = await register(host.origin)
  })
  afterAll(() => host.close())
  beforeEach(() => {
    answer = true
    problem = undefined
    asked.length = 0
    events.length = 0
  })

  test('D-41 D-59 the server asks the application about the user at redemption and at each refresh', async () => {
    const authorizedAt = now()
    const code = await newCode(host.origin, client)
    expect(asked).toEqual([])
    now.advance(5)
    const { refresh_token } = (await (await send(codeForm(client, code))).json()) as { refresh_token: string }
    now.advance(5)
    expect((await send(refreshForm(client, refresh_token))).status).toBe(200)
    const question = [
      'alice',
      {
        clientId: client.client_id,
        scopes: ['notes:read'],
        resources: [`${host.origin}/mcp`],
        authorizedAt,
      },
    ]
    expect(asked).toEqual([question, question])
  })

  test('D-41 a disabled user gets no tokens for a code and can be enabled again', async () => {
    const form = codeForm(client, await newCode(host.origin, client))
    answer = false
    await expectOAuthError(await send(form), 401, 'invalid_grant')
    expect(events.at(-1)).toMatchObject({ type: 'request.failed', reason: 'code_user_refused' })
    answer = Promise.resolve(true)
    expect((await send(form)).status).toBe(200)
  })

  test('D-41 D-59 a disabled user cannot refresh, and the grant ends', async () => {
    const tokens = await newTokens(host.origin, client)
    expect((await callMcp(host.origin, tokens.access_token)).status).toBe(200)
    answer = Promise.resolve(false)
    await expectOAuthError(await send(refreshForm(client, tokens.refresh_token)), 401, 'invalid_grant')
    expect(events).toContainEqual(expect.objectContaining({ type: 'tokens.revoked', subject: 'alice' }))
    answer = true
    await expectOAuthError(await send(refreshForm(client, tokens.refresh_token)), 401, 'invalid_grant')
    expect((await callMcp(host.origin, tokens.access_token)).status).toBe(401)
  })

  test('D-59 D-14 an application that cannot tell is an outage and loses nothing', async () => {
    const code = codeForm(client, await newCode(host.origin, client))
    const { refresh_token } = await newTokens(host.origin, client)
    problem = new Error('the database is down: secret detail')
    await expectOutage(await send(code))
    await expectOutage(await send(refreshForm(client, refresh_token)))
    expect(events.at(-1)).toMatchObject({ reason: 'user_check_failed', cause: problem })
    problem = undefined
    expect((await send(code)).status).toBe(200)
    expect((await send(refreshForm(client, refresh_token))).status).toBe(200)
  })

  test('D-59 the client receives an OAuthError that the application throws', async () => {
    const { refresh_token } = await newTokens(host.origin, client)
    problem = new OAuthError('invalid_grant', 'Sign in again.')
    await expectOAuthError(await send(refreshForm(client, refresh_token)), 401, 'invalid_grant')
    problem = undefined
    expect((await send(refreshForm(client, refresh_token))).status).toBe(200)
  })

  test.each<unknown>([undefined, null, 1, 'yes'])(
    'D-59 an answer of %j is a mistake and lets no user in',
    async (wrong) => {
      const { refresh_token } = await newTokens(host.origin, client)
      answer = wrong as boolean
      await expectOAuthError(await send(refreshForm(client, refresh_token)), 500, 'server_error')
      answer = true
      expect((await send(refreshForm(client, refresh_token))).status).toBe(200)
    },
  )

  test('D-59 the server does not ask about a user when the token is invalid', async () => {
    const tokens = await newTokens(host.origin, client)
    await send(refreshForm(client, tokens.refresh_token))
    now.advance(30)
    asked.length = 0
    answer = false
    await expectOAuthError(await send(refreshForm(client, tokens.refresh_token)), 401, 'invalid_grant')
    await expectOAuthError(await send(refreshForm(client, 'x')), 401, 'invalid_grant')
    expect(asked).toEqual([])
  })
})
