import { type AuthEvent, type StaticClient, secretDigest } from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Asserter, type ClientKey, newClientKey } from '../harness/assertions.js'
import { basic } from '../harness/credentials.js'
import { expectOAuthError } from '../harness/expectations.js'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp } from '../harness/notes-app.js'
import { postForm, register } from '../harness/oauth-driver.js'
import { digest, secret } from '../harness/static-clients.js'

// With a configured secret, Claude.ai always uses the body, and other clients always use the header.

const now = testClock()
const service = { grant_types: ['client_credentials'], scope: 'notes:read', secrets: [{ digest }] }

type Send = (origin: string, clientId: string, secret: string) => Promise<Response>
const grant_type = 'client_credentials'
const ways: Readonly<Record<'header' | 'body', Send>> = {
  header: (origin, clientId, one) => postForm(`${origin}/token`, { grant_type }, basic(clientId, one)),
  body: (origin, client_id, client_secret) =>
    postForm(`${origin}/token`, { grant_type, client_id, client_secret }),
}

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  let key: ClientKey
  const events: AuthEvent[] = []
  beforeAll(async () => {
    key = await newClientKey()
    const clients: StaticClient[] = [
      { ...service, client_id: 'either' },
      { ...service, client_id: 'only-header', token_endpoint_auth_method: 'client_secret_basic' },
      { ...service, client_id: 'only-body', token_endpoint_auth_method: 'client_secret_post' },
      {
        client_id: 'signs',
        grant_types: [grant_type],
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [key.jwk] },
      },
    ]
    host = await start(notesApp({ now, events, clients }))
  })
  afterAll(() => host.close())
  beforeEach(() => {
    events.length = 0
  })

  const reasons = () => events.flatMap((event) => (event.type === 'client.rejected' ? [event.reason] : []))

  test.each(['header', 'body'] as const)(
    'E-04 a configured client without a method can send its secret in the %s',
    async (way) => {
      expect((await ways[way](host.origin, 'either', secret)).status).toBe(200)
      await expectOAuthError(await ways[way](host.origin, 'either', `${secret}x`), 401, 'invalid_client')
    },
  )

  test.each([
    ['only-header', 'header', 'body'],
    ['only-body', 'body', 'header'],
  ] as const)(
    'E-04 a configured client %s, which has a method, can use only that method',
    async (id, right, wrong) => {
      expect((await ways[right](host.origin, id, secret)).status).toBe(200)
      await expectOAuthError(await ways[wrong](host.origin, id, secret), 401, 'invalid_client')
      expect(reasons()).toEqual(['client_method'])
    },
  )

  test.each(['client_secret_basic', 'client_secret_post', undefined])(
    'E-04 a client that registered %s can send its secret either way',
    async (token_endpoint_auth_method) => {
      const { client_id, client_secret = '' } = await register(host.origin, { token_endpoint_auth_method })
      for (const credentials of [
        { header: basic(client_id, client_secret), form: {} },
        { header: {}, form: { client_id, client_secret } },
      ]) {
        const form = { ...credentials.form, token: 'x' }
        expect((await postForm(`${host.origin}/introspect`, form, credentials.header)).status).toBe(200)
      }
    },
  )

  test('E-03 E-05 a client with a secret is refused without it or with two proofs', async () => {
    const form = { grant_type, client_id: 'either' }
    await expectOAuthError(await postForm(`${host.origin}/token`, form), 401, 'invalid_client')
    const both = { ...form, client_secret: secret }
    const header = basic('either', secret)
    await expectOAuthError(await postForm(`${host.origin}/token`, both, header), 400, 'invalid_request')
  })

  test('E-04 E-19 a client with keys cannot use a secret, and a client with a secret cannot sign', async () => {
    await expectOAuthError(await ways.body(host.origin, 'signs', secret), 401, 'invalid_client')
    await expectOAuthError(await ways.header(host.origin, 'signs', secret), 401, 'invalid_client')
    const assertion = await new Asserter(key, 'either', host.origin, now).form()
    const refused = await postForm(`${host.origin}/token`, { grant_type, ...assertion })
    await expectOAuthError(refused, 401, 'invalid_client')
  })

  test('E-26 the metadata lists both secret methods', async () => {
    const answer = await fetch(`${host.origin}/.well-known/oauth-authorization-server`)
    expect(await answer.json()).toMatchObject({
      token_endpoint_auth_methods_supported: expect.arrayContaining([
        'client_secret_basic',
        'client_secret_post',
      ]),
    })
  })
})

describe.each(hosts)('$name, with secrets of unusual characters', ({ start }) => {
  const odd = ['a+b', 'a b', '100%', '%41', 'a:b:c', '"ä€"', 'x&client_id=y', '=='].map(
    (part) => secret + part,
  )
  let host: RunningHost
  beforeAll(async () => {
    const clients = await Promise.all(
      odd.map(async (one, index) => ({
        ...service,
        client_id: `odd-${index}`,
        secrets: [{ digest: await secretDigest(one) }],
      })),
    )
    host = await start(notesApp({ now, clients }))
  })
  afterAll(() => host.close())

  test.each(odd)(
    'E-04 E-08 the secret %j is accepted in the header, encoded or not, and in the body',
    async (one) => {
      const id = `odd-${odd.indexOf(one)}`
      const encoded = encodeURIComponent(one)
      const answers = await Promise.all([
        ways.header(host.origin, id, one),
        ways.header(host.origin, id, encoded),
        ways.header(host.origin, id, new URLSearchParams({ one }).toString().slice('one='.length)),
        ways.body(host.origin, id, one),
      ])
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
      await expectOAuthError(await ways.body(host.origin, id, `${one}x`), 401, 'invalid_client')
    },
  )
})
