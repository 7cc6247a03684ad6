import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hosts, type RunningHost } from './harness/hosts.js'
import { notesApp } from './harness/notes-app.js'
import {
  callMcp,
  codeForm,
  newCode,
  newTokens,
  postForm,
  type RegisteredClient,
  refreshForm,
  register,
  type Tokens,
} from './harness/oauth-driver.js'

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  let client: RegisteredClient

  beforeAll(async () => {
    host = await start(notesApp())
    client = await register(host.origin)
  })
  afterAll(() => host.close())

  test('D-07 D-10 a code is exchanged for tokens that the resource accepts', async () => {
    const tokens = await newTokens(host.origin, client)
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'notes:read' })
    const answer = await callMcp(host.origin, tokens.access_token)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({
      clientId: client.client_id,
      subject: 'alice',
      scopes: ['notes:read'],
      resource: `${host.origin}/mcp`,
    })
  })

  test('D-36 N-01 D-37 a code is redeemed once under 50 parallel requests', async () => {
    const code = await newCode(host.origin, client)
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => postForm(`${host.origin}/token`, codeForm(client, code))),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(49)
    const winner = (await answers.find(({ status }) => status === 200)?.json()) as Tokens
    expect((await callMcp(host.origin, winner.access_token)).status).toBe(401)
  })

  test('D-51 D-52 a replayed refresh token revokes the whole family', async () => {
    const first = await newTokens(host.origin, client)
    const second = (await (
      await postForm(`${host.origin}/token`, refreshForm(client, first.refresh_token))
    ).json()) as Tokens
    expect(second.refresh_token).not.toBe(first.refresh_token)
    expect((await callMcp(host.origin, second.access_token)).status).toBe(200)

    const replay = await postForm(`${host.origin}/token`, refreshForm(client, first.refresh_token))
    expect(replay.status).toBe(401)
    expect(await replay.json()).toMatchObject({ error: 'invalid_grant' })
    expect((await postForm(`${host.origin}/token`, refreshForm(client, second.refresh_token))).status).toBe(
      401,
    )
    expect((await callMcp(host.origin, second.access_token)).status).toBe(401)
  })
})
