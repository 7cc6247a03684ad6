import { memoryStore } from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basicOf } from '../harness/credentials.js'
import { expectOAuthError } from '../harness/expectations.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp, notesProvider } from '../harness/notes-app.js'
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
import { observedStore } from '../harness/observed-store.js'

const now = testClock()

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  let client: RegisteredClient
  beforeAll(async () => {
    const signIn = () => ({ subject: 'alice', claims: { team: 'blue' }, authenticatedAt: now() })
    host = await start(
      notesApp({ now, signIn, accessTokenFormat: 'opaque', resources: ['https://rs.example'] }),
    )
    client = await register(host.origin, { token_endpoint_auth_method: 'client_secret_basic' })
  })
  afterAll(() => host.close())

  const token = async (form: Record<string, string>) =>
    (await (await postForm(`${host.origin}/token`, form, basicOf(client))).json()) as Tokens
  const newOnes = async (resource = `${host.origin}/mcp`) =>
    token(codeForm(client, await newCode(host.origin, client, { resource })))

  test('D-20 an opaque token has 256 random bits and is valid at its resource', async () => {
    const tokens = await newOnes()
    expect(tokens).toEqual({
      access_token: expect.stringMatching(/^[\w-]{43}$/),
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'notes:read',
      refresh_token: expect.stringMatching(/^[\w-]{22}\.[\w-]{43}$/),
    })
    const answer = await callMcp(host.origin, tokens.access_token)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({
      clientId: client.client_id,
      subject: 'alice',
      scopes: ['notes:read'],
      resource: `${host.origin}/mcp`,
    })
  })

  test('D-17 A-07 a token for another resource, a made-up token and a refresh token are refused', async () => {
    const { access_token } = await newOnes('https://rs.example')
    const { refresh_token } = await newOnes()
    const code = await newCode(host.origin, client, { resource: `${host.origin}/mcp` })
    for (const wrong of [access_token, 'x'.repeat(43), refresh_token, code, access_token.slice(1)]) {
      const refused = await callMcp(host.origin, wrong)
      expect(refused.status).toBe(401)
      expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"')
    }
  })

  test('D-19 an opaque token expires on time', async () => {
    const { access_token } = await newOnes()
    now.advance(3599)
    expect((await callMcp(host.origin, access_token)).status).toBe(200)
    now.advance(1)
    expect((await callMcp(host.origin, access_token)).status).toBe(401)
  })

  test('D-51 a refresh returns another opaque token, and both are valid', async () => {
    const first = await newOnes()
    const second = await token(refreshForm(client, first.refresh_token))
    expect(second.access_token).not.toBe(first.access_token)
    for (const { access_token } of [first, second])
      expect((await callMcp(host.origin, access_token)).status).toBe(200)
  })

  test('H-05 H-07 I-03 a revoked opaque token is refused at once and inactive', async () => {
    const tokens = await newOnes()
    const introspect = async () =>
      (await postForm(`${host.origin}/introspect`, { token: tokens.access_token }, basicOf(client))).json()
    expect((await callMcp(host.origin, tokens.access_token)).status).toBe(200)
    expect(await introspect()).toMatchObject({
      active: true,
      client_id: client.client_id,
      aud: `${host.origin}/mcp`,
    })
    await postForm(`${host.origin}/revoke`, { token: tokens.access_token }, basicOf(client))
    expect((await callMcp(host.origin, tokens.access_token)).status).toBe(401)
    expect(await introspect()).toEqual({ active: false })
    const refreshed = await postForm(
      `${host.origin}/token`,
      refreshForm(client, tokens.refresh_token),
      basicOf(client),
    )
    await expectOAuthError(refreshed, 401, 'invalid_grant')
  })
})

test('D-20 N-04 an opaque token is stored as a digest, and its content stays in the store', async () => {
  const store = observedStore()
  const host = await anyHost.start(notesApp({ store, accessTokenFormat: 'opaque' }))
  const { access_token } = await newTokens(host.origin, await register(host.origin))
  expect(store.written.join('\n')).not.toContain(access_token)
  expect(store.written.some((text) => text.startsWith('access:'))).toBe(true)
  await host.close()
})

test('D-20 JWTs stay valid after a switch to opaque tokens, and clients refresh after a switch back', async () => {
  const store = memoryStore()
  const first = await anyHost.start(notesApp({ store }))
  const { origin } = first
  const client = await register(origin)
  const jwt = await newTokens(origin, client)
  const isGood = async (format: 'jwt' | 'opaque', token: string) => {
    const provider = notesProvider(origin, { store, accessTokenFormat: format })
    return (await provider.verifyToken(token, { resource: `${origin}/mcp` })) !== null
  }
  const opaqueHost = await anyHost.start(() => ({
    provider: notesProvider(origin, { store, accessTokenFormat: 'opaque' }),
  }))
  const refreshed = await postForm(`${opaqueHost.origin}/token`, refreshForm(client, jwt.refresh_token))
  const opaque = (await refreshed.json()) as Tokens
  expect(opaque.access_token).toMatch(/^[\w-]{43}$/)
  expect(await isGood('opaque', jwt.access_token)).toBe(true)
  expect(await isGood('opaque', opaque.access_token)).toBe(true)
  expect(await isGood('jwt', opaque.access_token)).toBe(false)
  const again = await postForm(`${origin}/token`, refreshForm(client, opaque.refresh_token))
  expect(await isGood('jwt', ((await again.json()) as Tokens).access_token)).toBe(true)
  await Promise.all([first, opaqueHost].map((host) => host.close()))
})
