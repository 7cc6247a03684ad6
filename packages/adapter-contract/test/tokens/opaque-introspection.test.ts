import { testClock } from '@tollgate/auth-testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { basic, withSecret } from '../harness/credentials.js'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp } from '../harness/notes-app.js'
import {
  callback,
  codeForm,
  newCode,
  postForm,
  type RegisteredClient,
  register,
  type Tokens,
} from '../harness/oauth-driver.js'
import { digest, secret } from '../harness/static-clients.js'

// An opaque token does not reveal the user. Introspection must not reveal it to self-registered clients.

const now = testClock()
const desk = {
  client_id: 'desk',
  redirect_uris: [callback],
  grant_types: ['authorization_code', 'refresh_token'],
  secrets: [{ digest }],
}

describe.each(hosts)('$name', ({ start }) => {
  describe.each([
    ['opaque', false],
    ['jwt', true],
  ] as const)('with tokens that are %s', (accessTokenFormat, saysWho) => {
    let host: RunningHost
    let client: RegisteredClient
    beforeAll(async () => {
      const introspects = ['https://rs.example']
      host = await start(
        notesApp({
          now,
          accessTokenFormat,
          resources: introspects,
          clients: [desk, { client_id: 'rs', secrets: [{ digest }], introspects }],
        }),
      )
      client = await register(host.origin, { token_endpoint_auth_method: 'client_secret_post' })
    })
    afterAll(() => host.close())

    async function accessTokenOf(one: RegisteredClient, clientSecret?: string): Promise<string> {
      const resource = 'https://rs.example'
      const form = { ...codeForm(one, await newCode(host.origin, one, { resource })), resource }
      const proof =
        clientSecret === undefined ? withSecret(one, form) : { ...form, client_secret: clientSecret }
      return ((await (await postForm(`${host.origin}/token`, proof)).json()) as Tokens).access_token
    }
    const ask = async (form: Record<string, string>, headers = {}) =>
      (await (await postForm(`${host.origin}/introspect`, form, headers)).json()) as object

    test(`I-04 I-15 a self-registered client ${saysWho ? 'reads its token' : 'does not learn the user'}`, async () => {
      const token = await accessTokenOf(client)
      const told = await ask(withSecret(client, { token }))
      expect(told).toMatchObject({ active: true, client_id: client.client_id, scope: 'notes:read' })
      expect('sub' in told).toBe(saysWho)
    })

    test('I-05 I-15 a configured client and the resource server learn the user', async () => {
      const token = await accessTokenOf(desk, secret)
      expect(await ask({ token }, basic('desk', secret))).toMatchObject({ active: true, sub: 'alice' })
      const ofStranger = await accessTokenOf(client)
      expect(await ask({ token: ofStranger }, basic('rs', secret))).toMatchObject({
        active: true,
        sub: 'alice',
      })
    })
  })
})
