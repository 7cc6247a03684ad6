import type { StaticClient } from '@tollgate/auth-core'
import { decodeToken, testClock } from '@tollgate/auth-testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic, basicOf, withSecret } from '../harness/credentials.js'
import { expectOAuthError } from '../harness/expectations.js'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { notesProvider } from '../harness/notes-app.js'
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
} from '../harness/oauth-driver.js'
import { billing, digest, secret } from '../harness/static-clients.js'

const now = testClock()

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  let client: RegisteredClient
  const send = (form: Record<string, string | readonly string[]>, headers = basicOf(client)) =>
    postForm(`${host.origin}/introspect`, form, headers)

  async function tokensOf(owner: RegisteredClient): Promise<Tokens> {
    const form = codeForm(owner, await newCode(host.origin, owner, { resource: `${host.origin}/mcp` }))
    return (await (await postForm(`${host.origin}/token`, form, basicOf(owner))).json()) as Tokens
  }
  /** The whole response about a token that is invalid or not the caller's. */
  async function expectInactive(answer: Response): Promise<void> {
    expect([answer.status, await answer.text()]).toEqual([200, '{"active":false}'])
    expect(answer.headers.get('cache-control')).toBe('no-store')
  }

  beforeAll(async () => {
    host = await start((origin) => {
      const server = (client_id: string, resource: string): StaticClient => ({
        client_id,
        secrets: [{ digest }],
        introspects: [resource],
      })
      const provider = notesProvider(origin, {
        now,
        resources: ['https://rs.example/mcp'],
        clients: [
          billing,
          server('notes-server', `${origin}/mcp`),
          server('other-server', 'https://rs.example/mcp'),
        ],
        signIn: () => ({ subject: 'alice', claims: { team: 'blue', active: 'no', token_type: 'x' } }),
      })
      return { provider }
    })
    client = await register(host.origin, { token_endpoint_auth_method: 'client_secret_basic' })
  })
  afterAll(() => host.close())

  test('I-05 I-12 I-13 a client introspects its own access token as uncacheable JSON', async () => {
    const { access_token } = await tokensOf(client)
    const answer = await send({ token: access_token, token_type_hint: 'refresh_token' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const { claims } = decodeToken(access_token)
    expect(await answer.json()).toEqual({
      active: true,
      token_type: 'Bearer',
      iss: host.origin,
      sub: 'alice',
      aud: `${host.origin}/mcp`,
      client_id: client.client_id,
      scope: 'notes:read',
      iat: now(),
      exp: now() + 3600,
      jti: claims['jti'],
    })
  })

  test('I-02 I-03 unknown, forged, expired and revoked tokens are inactive without further members', async () => {
    const { access_token, refresh_token } = await tokensOf(client)
    const [head, body, signature = ''] = access_token.split('.')
    const other = signature.startsWith('A') ? 'B' : 'A'
    const { claims } = decodeToken(access_token)
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    for (const token of [
      'x',
      'a.b.c',
      `${head}.${body}.${other}${signature.slice(1)}`,
      `${head}.${encode({ ...claims, sub: 'root' })}.${signature}`,
      `${encode({ alg: 'none', typ: 'at+jwt' })}.${body}.`,
    ]) {
      await expectInactive(await send({ token }))
    }
    expect(await (await send({ token: access_token })).json()).toMatchObject({ active: true })
    now.advance(3600)
    await expectInactive(await send({ token: access_token }))

    const refreshed = await postForm(
      `${host.origin}/token`,
      refreshForm(client, refresh_token),
      basicOf(client),
    )
    const { access_token: next } = (await refreshed.json()) as Tokens
    expect(await (await send({ token: next })).json()).toMatchObject({ active: true })
    await postForm(`${host.origin}/revoke`, { token: next }, basicOf(client))
    await expectInactive(await send({ token: next }))
  })

  test('I-04 a client learns nothing about the tokens of another client', async () => {
    const other = await register(host.origin, { token_endpoint_auth_method: 'client_secret_post' })
    const { access_token } = await tokensOf(client)
    const answer = await postForm(`${host.origin}/introspect`, withSecret(other, { token: access_token }))
    await expectInactive(answer)
    const publicClient = await register(host.origin)
    const foreign = await newTokens(host.origin, publicClient, {
      resource: `${host.origin}/mcp`,
    })
    await expectInactive(await send({ token: foreign.access_token }))
  })

  test('I-04 I-05 a resource server introspects every token for it, including the application’s claims', async () => {
    const publicClient = await register(host.origin)
    const { access_token, refresh_token } = await newTokens(host.origin, publicClient, {
      resource: `${host.origin}/mcp`,
    })
    const ask = (name: string, token: string) =>
      postForm(`${host.origin}/introspect`, { token }, basic(name, secret))
    expect(await (await ask('notes-server', access_token)).json()).toEqual({
      ...decodeToken(access_token).claims,
      active: true,
      token_type: 'Bearer',
      client_id: publicClient.client_id,
      aud: `${host.origin}/mcp`,
      team: 'blue',
    })
    // A resource server learns nothing about tokens for another one, and other clients learn nothing at all.
    for (const name of ['other-server', 'billing']) await expectInactive(await ask(name, access_token))
    await expectInactive(await ask('notes-server', refresh_token))
    const foreign = await newTokens(host.origin, publicClient, { resource: 'https://rs.example/mcp' })
    await expectInactive(await ask('notes-server', foreign.access_token))
    expect(await (await ask('other-server', foreign.access_token)).json()).toMatchObject({ active: true })

    await postForm(`${host.origin}/revoke`, { token: refresh_token, client_id: publicClient.client_id })
    await expectInactive(await ask('notes-server', access_token))
  })

  test('I-04 a client cannot register itself as a resource server', async () => {
    const greedy = await register(host.origin, {
      token_endpoint_auth_method: 'client_secret_post',
      introspects: [`${host.origin}/mcp`],
    })
    expect(greedy['introspects']).toBeUndefined()
    const { access_token } = await tokensOf(client)
    const answer = await postForm(`${host.origin}/introspect`, withSecret(greedy, { token: access_token }))
    await expectInactive(answer)
  })

  test('I-07 a refresh token is inactive at introspection and refused by the resource', async () => {
    const { refresh_token } = await tokensOf(client)
    await expectInactive(await send({ token: refresh_token }))
    await expectInactive(await send({ token: refresh_token, token_type_hint: 'refresh_token' }))
    expect((await callMcp(host.origin, refresh_token)).status).toBe(401)
  })

  test('I-01 I-06 only authenticated clients can introspect', async () => {
    const publicClient = await register(host.origin)
    const { access_token: token } = await newTokens(host.origin, publicClient, {
      resource: `${host.origin}/mcp`,
    })
    const ask = (form: Record<string, string>, headers?: Record<string, string>) =>
      postForm(`${host.origin}/introspect`, form, headers)
    await expectOAuthError(await ask({ token }), 401, 'invalid_client')
    await expectOAuthError(await ask({ token, client_id: publicClient.client_id }), 401, 'invalid_client')
    await expectOAuthError(await ask({ token, client_id: client.client_id }), 401, 'invalid_client')
    await expectOAuthError(await ask({ token }, { authorization: `Bearer ${token}` }), 401, 'invalid_client')
  })

  test('I-13 introspection reads the token from the form only', async () => {
    const { access_token } = await tokensOf(client)
    const url = `${host.origin}/introspect?token=${access_token}`
    await expectOAuthError(await postForm(url, '', basicOf(client)), 400, 'invalid_request')
    await expectOAuthError(await send({ token: [access_token, access_token] }), 400, 'invalid_request')
    const get = await fetch(url, { headers: basicOf(client) })
    expect(get.headers.get('allow')).toBe('POST, OPTIONS')
    await expectOAuthError(get, 405, 'invalid_request')
  })
})
