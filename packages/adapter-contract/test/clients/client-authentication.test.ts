import type { AuthEvent } from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic, basicOf, secretOf, withSecret } from '../harness/credentials.js'
import { expectOAuthError } from '../harness/expectations.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp } from '../harness/notes-app.js'
import { callMcp, newTokens, postForm, type RegisteredClient, register } from '../harness/oauth-driver.js'
import { observedStore } from '../harness/observed-store.js'

type Form = Record<string, string | readonly string[]>

/** The endpoints with client authentication, each with an otherwise valid request. */
const endpoints: [string, Record<string, string>][] = [
  ['/token', { grant_type: 'refresh_token', refresh_token: 'x' }],
  ['/revoke', { token: 'x' }],
  ['/introspect', { token: 'x' }],
]

/** The response to an authenticated client about an unknown token. */
const known = { '/token': 401, '/revoke': 200, '/introspect': 200 } as Record<string, number>

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  let publicClient: RegisteredClient
  let basicClient: RegisteredClient
  let postClient: RegisteredClient
  const events: AuthEvent[] = []

  beforeAll(async () => {
    host = await start(notesApp({ events }))
    publicClient = await register(host.origin)
    basicClient = await register(host.origin, { token_endpoint_auth_method: 'client_secret_basic' })
    postClient = await register(host.origin, { token_endpoint_auth_method: 'client_secret_post' })
  })
  afterAll(() => host.close())

  describe.each(endpoints)('%s', (path, form) => {
    const send = (changes: Form = {}, headers: Record<string, string> = {}) =>
      postForm(`${host.origin}${path}`, { ...form, ...changes }, headers)

    /** The client was authenticated: the response is about the token. */
    async function expectKnown(response: Response): Promise<void> {
      expect(response.status).toBe(known[path])
      if (path === '/token') await expectOAuthError(response, 401, 'invalid_grant')
    }

    /** Only clients that used the header get a challenge. */
    async function expectUnknown(response: Response, usesHeader: boolean): Promise<string> {
      expect(response.headers.get('www-authenticate')).toBe(
        usesHeader ? 'Basic realm="token", charset="UTF-8"' : null,
      )
      return expectOAuthError(response, 401, 'invalid_client')
    }

    test('E-01 E-04 E-26 each client authenticates with its registered method', async () => {
      await expectKnown(await send({}, basicOf(basicClient)))
      await expectKnown(await send({ client_id: basicClient.client_id }, basicOf(basicClient)))
      await expectKnown(await send(withSecret(postClient, {})))
      if (path !== '/introspect') await expectKnown(await send({ client_id: publicClient.client_id }))
    })

    test('E-04 E-26 a client with a secret can send it the other way', async () => {
      await expectKnown(await send(withSecret(basicClient, {})))
      await expectKnown(await send({}, basicOf(postClient)))
      await expectUnknown(await send({ client_id: basicClient.client_id, client_secret: 'x' }), false)
      await expectUnknown(await send({}, basic(postClient.client_id, 'x')), true)
    })

    test('E-04 E-05 E-06 E-26 no client authenticates without its secret or with a wrong one', async () => {
      await expectUnknown(await send({ client_id: basicClient.client_id }), false)
      await expectUnknown(await send({ client_id: postClient.client_id }), false)
      await expectUnknown(await send({ client_id: postClient.client_id, client_secret: '' }), false)
      await expectUnknown(await send({ client_id: publicClient.client_id, client_secret: 'x' }), false)
      await expectUnknown(await send({}, basic(publicClient.client_id, '')), true)
      await expectUnknown(await send({}, basic(publicClient.client_id, 'x')), true)
    })

    test('E-01 E-02 E-28 O-04 an unknown client and a wrong secret get the same bytes', async () => {
      events.length = 0
      const { client_id } = postClient
      const unknown = await expectUnknown(await send({ client_id: 'nobody', client_secret: 'x' }), false)
      const wrong = await expectUnknown(await send({ client_id, client_secret: 'x' }), false)
      expect(wrong).toBe(unknown)
      expect(events.flatMap((event) => (event.type === 'client.rejected' ? [event.reason] : []))).toEqual([
        'client_unknown',
        'client_secret',
      ])
      expect(await expectUnknown(await send({}, basic('nobody', 'x')), true)).toBe(
        await expectUnknown(await send({}, basic(basicClient.client_id, 'x')), true),
      )
      expect(await expectUnknown(await send({ client_id }), false)).toBe(unknown)
    })

    test('E-07 a request without a client ID is refused', async () => {
      await expectUnknown(await send(), false)
      await expectUnknown(await send({ client_id: '' }), false)
      await expectUnknown(await send({ client_secret: secretOf(postClient) }), false)
    })

    test('E-03 E-09 more than one method or client is refused', async () => {
      const header = basicOf(basicClient)
      const secret = secretOf(basicClient)
      await expectOAuthError(await send({ client_secret: secret }, header), 400, 'invalid_request')
      await expectOAuthError(await send(withSecret(basicClient, {}), header), 400, 'invalid_request')
      await expectOAuthError(
        await send(withSecret(postClient, {}), basicOf(postClient)),
        400,
        'invalid_request',
      )
      await expectOAuthError(await send({ client_id: postClient.client_id }, header), 400, 'invalid_request')
      await expectOAuthError(
        await send({ client_id: [postClient.client_id, postClient.client_id] }),
        400,
        'invalid_request',
      )
      await expectOAuthError(
        await send({ client_id: postClient.client_id, client_secret: ['x', secretOf(postClient)] }),
        400,
        'invalid_request',
      )
    })

    test('E-27 a secret in the query does not count', async () => {
      const query = new URLSearchParams(withSecret(postClient, {})).toString()
      await expectUnknown(await postForm(`${host.origin}${path}?${query}`, form), false)
      const half = `client_secret=${secretOf(postClient)}`
      await expectUnknown(
        await postForm(`${host.origin}${path}?${half}`, { ...form, client_id: postClient.client_id }),
        false,
      )
    })

    test('E-08 the Basic header is parsed in every form that clients send', async () => {
      const { client_id } = basicClient
      const secret = secretOf(basicClient)
      const encode = (text: string) => Buffer.from(text).toString('base64')
      const everyByte = (text: string) =>
        [...text].map((c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')
      for (const authorization of [
        `basic ${encode(`${client_id}:${secret}`)}`,
        `BASIC   ${encode(`${client_id}:${secret}`)}`,
        `Basic ${encode(`${client_id}:${secret}`).replaceAll('=', '')}`,
        `Basic ${Buffer.from(`${client_id}:${secret}`).toString('base64url')}`,
        `Basic ${encode(`${everyByte(client_id)}:${everyByte(secret)}`)}`,
      ]) {
        await expectKnown(await send({}, { authorization }))
      }
    })
  })

  test('H-08 D-12 an unauthenticated client changes nothing', async () => {
    const { access_token } = await newTokens(host.origin, publicClient)
    const wrong = { token: access_token, client_id: publicClient.client_id, client_secret: 'x' }
    await expectOAuthError(await postForm(`${host.origin}/revoke`, wrong), 401, 'invalid_client')
    expect((await callMcp(host.origin, access_token)).status).toBe(200)
  })
})

describe('unreadable Authorization headers', () => {
  let host: RunningHost
  beforeAll(async () => {
    host = await anyHost.start(notesApp())
  })
  afterAll(() => host.close())

  test.each([
    'Basic',
    'Basic ',
    'Basic %%%',
    'Basic a',
    `Basic ${Buffer.from('nocolon').toString('base64')}`,
    `Basic ${Buffer.from(':secret').toString('base64')}`,
    `Basic ${Buffer.from([0xff, 0xfe, 0x3a, 0x41]).toString('base64')}`,
    `Basic ${Buffer.from('a:%zz').toString('base64')}`,
    `Basic ${Buffer.from('a:b').toString('base64')} ${Buffer.from('a:b').toString('base64')}`,
    `Basic ${Buffer.from('a\u0000:b\r\n').toString('base64')}`,
    'Bearer abc',
    'Digest username="a"',
    `Basic ${'A'.repeat(8000)}`,
  ])('E-02 E-08 the header %j is refused with a challenge', async (authorization) => {
    const refused = await postForm(`${host.origin}/revoke`, { token: 'x' }, { authorization })
    expect(refused.headers.get('www-authenticate')).toMatch(/^Basic realm=/)
    await expectOAuthError(refused, 401, 'invalid_client')
  })
})

describe('client secrets', () => {
  const now = testClock()

  async function startWith(change: (record: Record<string, unknown>) => Record<string, unknown>) {
    const store = observedStore({ now })
    const host = await anyHost.start(notesApp({ store, now }))
    const client = await register(host.origin, { token_endpoint_auth_method: 'client_secret_post' })
    await store.edit('client', change)
    const send = (form: Form) => postForm(`${host.origin}/revoke`, { token: 'x', ...form })
    return { host, client, send }
  }

  test('E-12 a secret expires at its registered time', async () => {
    const expiresAt = now() + 100
    const { host, client, send } = await startWith((record) => ({
      ...record,
      client: { ...(record['client'] as object), client_secret_expires_at: expiresAt },
    }))
    now.advance(99)
    expect((await send(withSecret(client, {}))).status).toBe(200)
    now.advance(1)
    const expired = await expectOAuthError(await send(withSecret(client, {})), 401, 'invalid_client')
    const unknown = await send({ client_id: 'nobody', client_secret: 'x' })
    expect(expired).toBe(await expectOAuthError(unknown, 401, 'invalid_client'))
    await host.close()
  })

  test('E-05 a secret does not authenticate a client that stored none', async () => {
    const { host, client, send } = await startWith((record) => ({ ...record, secrets: [] }))
    for (const client_secret of [secretOf(client), '-'.repeat(43), 'undefined', 'null']) {
      const refused = await send({ client_id: client.client_id, client_secret })
      await expectOAuthError(refused, 401, 'invalid_client')
    }
    await host.close()
  })

  test('E-05 a client with a stored secret does not authenticate without one', async () => {
    const { host, client, send } = await startWith((record) => ({
      ...record,
      client: { ...(record['client'] as object), token_endpoint_auth_method: 'none' },
    }))
    await expectOAuthError(await send({ client_id: client.client_id }), 401, 'invalid_client')
    await host.close()
  })
})
