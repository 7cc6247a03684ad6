import type { AuthEvent, OAuthProvider, Store } from '@tollgate/auth-core'
import { memoryStore } from '@tollgate/auth-core'
import { decodeToken, testClock } from '@tollgate/auth-testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { withSecret } from '../harness/credentials.js'
import { expectOAuthError } from '../harness/expectations.js'
import { faultyStore } from '../harness/faulty-store.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { type NotesAppOptions, notesProvider } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  callMcp,
  codeForm,
  newCode,
  postForm,
  type RegisteredClient,
  refreshForm,
  register,
  type Tokens,
} from '../harness/oauth-driver.js'
import { slowStore } from '../harness/slow-store.js'

const now = testClock()
const events: AuthEvent[] = []

async function startApp(options: NotesAppOptions = {}, start = anyHost.start) {
  let provider: OAuthProvider | undefined
  const host = await start((origin) => {
    provider = notesProvider(origin, { now, events, ...options })
    return { provider }
  })
  return { host, provider: provider as OAuthProvider }
}

async function tokensOf(host: RunningHost, client: RegisteredClient, user: string): Promise<Tokens> {
  const code = await newCode(host.origin, client, {}, new Browser(user))
  return (await (await postForm(`${host.origin}/token`, codeForm(client, code))).json()) as Tokens
}

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  let provider: OAuthProvider
  let one: RegisteredClient
  let other: RegisteredClient
  let tokens: Record<'aliceOne' | 'aliceOther' | 'bobOne' | 'bobOther', Tokens>

  beforeAll(async () => {
    const app = await startApp({}, start)
    host = app.host
    provider = app.provider
    one = await register(host.origin)
    other = await register(host.origin)
  })
  afterAll(() => host.close())
  beforeEach(async () => {
    tokens = {
      aliceOne: await tokensOf(host, one, 'alice'),
      aliceOther: await tokensOf(host, other, 'alice'),
      bobOne: await tokensOf(host, one, 'bob'),
      bobOther: await tokensOf(host, other, 'bob'),
    }
    // Every token is cached as valid now.
    expect(await goodOnes()).toEqual(Object.keys(tokens))
    events.length = 0
  })

  async function goodOnes(): Promise<string[]> {
    const answers = await Promise.all(
      Object.entries(tokens).map(async ([name, { access_token }]) => {
        const { status } = await callMcp(host.origin, access_token)
        expect([200, 401]).toContain(status)
        return status === 200 ? [name] : []
      }),
    )
    return answers.flat()
  }

  async function expectRefresh(client: RegisteredClient, { refresh_token }: Tokens, isGood: boolean) {
    const answer = await postForm(`${host.origin}/token`, refreshForm(client, refresh_token))
    if (isGood) expect(answer.status).toBe(200)
    else await expectOAuthError(answer, 401, 'invalid_grant')
  }

  test('D-59 N-10 all tokens of a user are revoked at once, and those of other users stay', async () => {
    await provider.revokeTokens({ subject: 'alice' })
    expect(await goodOnes()).toEqual(['bobOne', 'bobOther'])
    expect(events).toContainEqual({ type: 'tokens.revoked', by: 'application', subject: 'alice' })
    await expectRefresh(one, tokens.aliceOne, false)
    await expectRefresh(other, tokens.aliceOther, false)
    await expectRefresh(one, tokens.bobOne, true)
  })

  test('D-59 N-10 all tokens of a client are revoked at once', async () => {
    await provider.revokeTokens({ clientId: one.client_id })
    expect(await goodOnes()).toEqual(['aliceOther', 'bobOther'])
    await expectRefresh(one, tokens.bobOne, false)
    await expectRefresh(other, tokens.bobOther, true)
  })

  test('D-59 N-10 the tokens of one client and one user are revoked at once', async () => {
    await provider.revokeTokens({ subject: 'alice', clientId: one.client_id })
    expect(await goodOnes()).toEqual(['aliceOther', 'bobOne', 'bobOther'])
    await expectRefresh(one, tokens.aliceOne, false)
    await expectRefresh(other, tokens.aliceOther, true)
  })

  test('D-59 N-10 the tokens of one grant are revoked, and those of other grants stay', async () => {
    const again = await tokensOf(host, one, 'alice')
    const { claims } = decodeToken(tokens.aliceOne.access_token)
    await provider.revokeTokens({ grantId: String(claims['token_family']) })
    expect(await goodOnes()).toEqual(['aliceOther', 'bobOne', 'bobOther'])
    await expectRefresh(one, tokens.aliceOne, false)
    expect((await callMcp(host.origin, again.access_token)).status).toBe(200)
    await expectRefresh(one, again, true)
  })

  test('N-10 an unredeemed code is revoked, too', async () => {
    const code = await newCode(host.origin, one)
    await provider.revokeTokens({ subject: 'alice' })
    const answer = await postForm(`${host.origin}/token`, codeForm(one, code))
    await expectOAuthError(answer, 401, 'invalid_grant')
  })

  test('N-10 a revocation can be repeated, and a later grant is valid even in the same second', async () => {
    await provider.revokeTokens({ subject: 'alice' })
    await provider.revokeTokens({ subject: 'alice' })
    const next = await tokensOf(host, one, 'alice')
    expect((await callMcp(host.origin, next.access_token)).status).toBe(200)
    expect((await callMcp(host.origin, next.access_token)).status).toBe(200)
    await expectRefresh(one, next, true)
    expect(await goodOnes()).toEqual(['bobOne', 'bobOther'])
    await provider.revokeTokens({ subject: 'alice' })
    expect((await callMcp(host.origin, next.access_token)).status).toBe(401)
  })

  test('D-41 the tokens of a deleted client are revoked with it', async () => {
    const gone = await register(host.origin)
    const its = await tokensOf(host, gone, 'alice')
    const code = await newCode(host.origin, gone)
    expect((await callMcp(host.origin, its.access_token)).status).toBe(200)
    await provider.deleteClient(gone.client_id)
    await provider.deleteClient(gone.client_id)
    expect((await callMcp(host.origin, its.access_token)).status).toBe(401)
    for (const form of [refreshForm(gone, its.refresh_token), codeForm(gone, code)]) {
      await expectOAuthError(await postForm(`${host.origin}/token`, form), 401, 'invalid_client')
    }
    expect(await goodOnes()).toHaveLength(4)
  })
})

describe('two processes', () => {
  const elsewhere = async (revocationLag: number) => {
    const store = memoryStore({ now })
    const { host, provider } = await startApp({ store, revocationLag })
    const second = notesProvider(host.origin, { store, now, revocationLag })
    second.setMcpPath('/mcp')
    const client = await register(host.origin)
    const { access_token } = await tokensOf(host, client, 'alice')
    const isGoodThere = async () => (await second.verifyToken(access_token)) !== null
    expect(await isGoodThere()).toBe(true)
    return { host, provider, client, access_token, isGoodThere }
  }

  test.each(['client', 'subject', 'grantId', 'by the client'])(
    'D-59 H-05 N-10 a token revoked by %s ends at another process within revocationLag',
    async (what) => {
      const { host, provider, client, access_token, isGoodThere } = await elsewhere(10)
      const grantId = String(decodeToken(access_token).claims['token_family'])
      if (what === 'client') await provider.revokeTokens({ clientId: client.client_id })
      if (what === 'subject') await provider.revokeTokens({ subject: 'alice' })
      if (what === 'grantId') await provider.revokeTokens({ grantId })
      if (what === 'by the client')
        await postForm(`${host.origin}/revoke`, { token: access_token, client_id: client.client_id })
      expect((await callMcp(host.origin, access_token)).status).toBe(401)
      now.advance(9)
      expect(await isGoodThere()).toBe(true)
      now.advance(1)
      expect(await isGoodThere()).toBe(false)
      await host.close()
    },
  )

  test('N-10 H-05 a clock set back does not extend revocationLag', async () => {
    const { host, provider, isGoodThere } = await elsewhere(10)
    now.advance(-20)
    expect(await isGoodThere()).toBe(true)
    await provider.revokeTokens({ subject: 'alice' })
    now.advance(-5)
    expect(await isGoodThere()).toBe(false)
    now.advance(25)
    expect(await isGoodThere()).toBe(false)
    await host.close()
  })

  test('N-10 with a revocationLag of 0, a token ends everywhere at once', async () => {
    const { host, provider, isGoodThere } = await elsewhere(0)
    await provider.revokeTokens({ subject: 'alice' })
    expect(await isGoodThere()).toBe(false)
    await host.close()
  })
})

test('N-10 a failed revocation is an outage, changes nothing and can be repeated', async () => {
  const store = faultyStore({ now })
  const { host, provider } = await startApp({ store })
  const client = await register(host.origin)
  const { access_token } = await tokensOf(host, client, 'alice')
  const grantId = String(decodeToken(access_token).claims['token_family'])
  for (const selection of [{ subject: 'alice' }, { grantId }]) {
    store.failAt(1)
    await expect(provider.revokeTokens(selection)).rejects.toMatchObject({ status: 503 })
    store.heal()
    expect((await callMcp(host.origin, access_token)).status).toBe(200)
  }
  await host.close()
})

test('N-10 a revocation whose response was lost is effective here at once and can be repeated', async () => {
  const store = faultyStore({ now })
  const { host, provider } = await startApp({ store })
  const client = await register(host.origin)
  const { access_token } = await tokensOf(host, client, 'alice')
  expect((await callMcp(host.origin, access_token)).status).toBe(200)
  store.failAt(1, 'lost-answer')
  await expect(provider.revokeTokens({ subject: 'alice' })).rejects.toMatchObject({ status: 503 })
  store.heal()
  expect((await callMcp(host.origin, access_token)).status).toBe(401)
  await provider.revokeTokens({ subject: 'alice' })
  expect((await callMcp(host.origin, access_token)).status).toBe(401)
  await host.close()
})

test('D-41 a client that keeps requesting tokens has none after its deletion', async () => {
  const store = memoryStore({ now })
  let betweenWrites = async () => {}
  const interrupted: Store = {
    ...store,
    async set(key, value, ttl) {
      await store.set(key, value, ttl)
      if (key.startsWith('mark:')) await betweenWrites()
    },
    async delete(key) {
      await store.delete(key)
      if (key.startsWith('client:')) await betweenWrites()
    },
  }
  const { host, provider } = await startApp({
    store: interrupted,
    dangerouslyAllowClientCredentialsForAnyone: true,
  })
  const service = await register(host.origin, {
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['client_credentials'],
    redirect_uris: [],
  })
  const form = withSecret(service, { grant_type: 'client_credentials' })
  const statuses: number[] = []
  betweenWrites = async () => {
    const answer = await postForm(`${host.origin}/token`, form)
    const { access_token } = (await answer.json()) as Partial<Tokens>
    statuses.push(answer.status, (await callMcp(host.origin, access_token)).status)
  }
  await betweenWrites()
  expect(statuses.splice(0)).toEqual([200, 200])
  await provider.deleteClient(service.client_id)
  expect(statuses).toEqual([401, 401, 401, 401])
  await host.close()
})

test('N-10 a verdict in progress during a revocation is not cached', async () => {
  const { host, provider } = await startApp({ store: slowStore() })
  const client = await register(host.origin)
  for (const user of ['alice', 'bob']) {
    const { access_token } = await tokensOf(host, client, user)
    const meanwhile = callMcp(host.origin, access_token)
    await provider.revokeTokens(user === 'alice' ? { subject: user } : { clientId: client.client_id })
    await meanwhile
    expect((await callMcp(host.origin, access_token)).status).toBe(401)
  }
  await host.close()
})

test('N-10 a revoked token stays revoked for its whole possible lifetime', async () => {
  const days = 24 * 3600
  const lifetimes = { refreshToken: 800 * days, refreshTokenIdle: 800 * days, registration: 900 * days }
  const { host, provider } = await startApp({ lifetimes })
  const client = await register(host.origin)
  const tokens = await tokensOf(host, client, 'alice')
  await provider.revokeTokens({ subject: 'alice' })
  now.advance(800 * days - 1)
  const answer = await postForm(`${host.origin}/token`, refreshForm(client, tokens.refresh_token))
  await expectOAuthError(answer, 401, 'invalid_grant')
  await host.close()
})

test.each<[unknown, string]>([
  [{}, 'must be set'],
  [{ subject: undefined }, 'must be set'],
  [{ subject: '' }, '"subject"'],
  [{ subject: 1 }, '"subject"'],
  [{ clientId: '' }, '"clientId"'],
  [{ grantId: '' }, '"grantId"'],
  [{ grantId: 'f', subject: 'alice' }, '"grantId"'],
])('N-10 %j selects nothing', async (selection, message) => {
  const provider = notesProvider('http://localhost')
  const revoke = provider.revokeTokens(selection as { subject: string })
  await expect(revoke).rejects.toThrow(TypeError)
  await expect(revoke).rejects.toThrow(message)
})

test('N-10 an authorization in progress during a revocation is revoked', async () => {
  let meanwhile: () => Promise<void> = async () => {}
  const { host, provider } = await startApp({
    async signIn() {
      // The session was read and is revoked before the response arrives.
      await meanwhile()
      return { subject: 'alice' }
    },
  })
  const client = await register(host.origin)
  const browser = new Browser('alice')
  const page = await (await browser.open(authorizationUrl(host.origin, client))).text()
  meanwhile = () => provider.revokeTokens({ subject: 'alice' })
  const answer = await browser.answer(host.origin, page, 'allow')
  meanwhile = async () => {}
  const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
  await expectOAuthError(await postForm(`${host.origin}/token`, codeForm(client, code)), 401, 'invalid_grant')
  const good = await newCode(host.origin, client)
  expect((await postForm(`${host.origin}/token`, codeForm(client, good))).status).toBe(200)
  await host.close()
})

test('D-59 an authorization dates from the moment when the application was first asked', async () => {
  const asked: number[] = []
  const start = now()
  const { host } = await startApp({
    async signIn() {
      now.advance(30)
      return { subject: 'alice', consentGiven: true }
    },
    isUserAllowed: (_subject, { authorizedAt }) => {
      asked.push(authorizedAt)
      return true
    },
  })
  const client = await register(host.origin)
  const answer = await new Browser('alice').open(authorizationUrl(host.origin, client))
  const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
  expect((await postForm(`${host.origin}/token`, codeForm(client, code))).status).toBe(200)
  expect(asked).toEqual([start])
  await host.close()
})

test('D-41 a client deleted during its client_credentials request gets no token', async () => {
  const store = memoryStore({ now })
  let meanwhile: (() => Promise<void>) | undefined
  const { host, provider } = await startApp({
    store: {
      ...store,
      async get(key) {
        const found = await store.get(key)
        if (key.startsWith('mark:')) {
          const work = meanwhile
          meanwhile = undefined
          await work?.()
        }
        return found
      },
    },
    dangerouslyAllowClientCredentialsForAnyone: true,
  })
  const client = await register(host.origin, {
    grant_types: ['client_credentials'],
    redirect_uris: [],
    token_endpoint_auth_method: 'client_secret_post',
  })
  const ask = () =>
    postForm(`${host.origin}/token`, {
      grant_type: 'client_credentials',
      client_id: client.client_id,
      client_secret: client.client_secret ?? '',
    })
  expect((await ask()).status).toBe(200)
  meanwhile = () => provider.deleteClient(client.client_id)
  await expectOAuthError(await ask(), 401, 'invalid_client')
  await host.close()
})
