import type { AuthEvent } from '@tollgate/auth-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { documentClient, startClientWebsite } from '../harness/client-website.js'
import { expectOAuthError } from '../harness/expectations.js'
import { anyHost, hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp } from '../harness/notes-app.js'
import { callback, newTokens, postForm, type RegisteredClient, refreshForm } from '../harness/oauth-driver.js'

const deviceCode = 'urn:ietf:params:oauth:grant-type:device_code'
const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** Members that a client may send without a value. */
const optionalMembers = [
  'token_endpoint_auth_method',
  'token_endpoint_auth_signing_alg',
  'jwks',
  'jwks_uri',
  'grant_types',
  'response_types',
  'client_name',
  'client_uri',
  'logo_uri',
  'tos_uri',
  'policy_uri',
  'contacts',
  'scope',
  'software_id',
  'software_version',
  'software_statement',
  'dpop_bound_access_tokens',
  'application_type',
  'x_unknown',
]

describe.each(hosts)('$name', ({ start }) => {
  const events: AuthEvent[] = []
  let host: RunningHost
  beforeAll(async () => {
    host = await start(notesApp({ events }))
  })
  afterAll(() => host.close())

  const send = (metadata: unknown) =>
    fetch(`${host.origin}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(metadata),
    })
  async function registered(metadata: Record<string, unknown>): Promise<RegisteredClient> {
    events.length = 0
    const response = await send({
      redirect_uris: [callback],
      token_endpoint_auth_method: 'none',
      ...metadata,
    })
    expect(response.status).toBe(201)
    return (await response.json()) as RegisteredClient
  }
  const leftOut = () => events.map((event) => ('leftOut' in event ? event.leftOut : undefined))

  test.each(optionalMembers)('F-28 %s counts as omitted when it is null', async (member) => {
    const bare = { redirect_uris: [callback], client_name: 'Notes', [member]: undefined }
    const [expected, answered] = await Promise.all(
      [bare, { ...bare, [member]: null }].map(async (metadata) => {
        const response = await send(metadata)
        expect(response.status).toBe(201)
        return (await response.json()) as RegisteredClient
      }),
    )
    const { client_id, client_secret, client_id_issued_at, ...metadata } = expected as RegisteredClient
    expect(answered).toMatchObject(metadata)
    expect(Object.keys(answered ?? {}).sort()).toEqual(Object.keys(expected ?? {}).sort())
  })

  test.each(['client_uri', 'logo_uri', 'tos_uri', 'policy_uri', 'jwks_uri'])(
    'F-28 %s counts as omitted when it is empty',
    async (member) => {
      expect(await registered({ [member]: '' })).not.toHaveProperty(member)
      expect(leftOut()).toEqual([undefined])
    },
  )

  test('F-08 F-28 redirect URIs of null count as missing', async () => {
    for (const redirect_uris of [null, []]) {
      const text = await expectOAuthError(await send({ redirect_uris }), 400, 'invalid_redirect_uri')
      expect(text).toContain('redirect_uris is missing')
    }
  })

  test('F-11 a client with an unsupported grant registers the others, and its user stays signed in', async () => {
    const client = await registered({
      grant_types: ['authorization_code', 'refresh_token', deviceCode, 'implicit', 'password', jwtBearer],
      response_types: ['code', 'token', 'id_token token'],
    })
    expect(client).toMatchObject({
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    })
    expect(leftOut()).toEqual([
      {
        grant_types: [deviceCode, 'implicit', 'password', jwtBearer],
        response_types: ['token', 'id_token token'],
      },
    ])
    const { refresh_token } = await newTokens(host.origin, client)
    expect((await postForm(`${host.origin}/token`, refreshForm(client, refresh_token))).status).toBe(200)
  })

  test.each([[undefined], [null], [[]]])(
    'F-07 a client that registers the grants %j gets refresh tokens',
    async (grant_types) => {
      const client = await registered({ grant_types })
      expect(client).toMatchObject({
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
      })
      expect((await newTokens(host.origin, client)).refresh_token).toBeTypeOf('string')
    },
  )

  test('F-07 a client that registers authorization_code alone gets no refresh tokens', async () => {
    const client = await registered({ grant_types: ['authorization_code'], response_types: [] })
    expect(client).toMatchObject({ grant_types: ['authorization_code'], response_types: ['code'] })
    expect(await newTokens(host.origin, client)).not.toHaveProperty('refresh_token')
  })

  test('F-11 a client cannot gain client_credentials by registering it beside another grant', async () => {
    const confidential = { token_endpoint_auth_method: 'client_secret_post' }
    const client = await registered({
      ...confidential,
      grant_types: ['authorization_code', 'client_credentials'],
    })
    expect(client['grant_types']).toEqual(['authorization_code'])
    const asked = await postForm(`${host.origin}/token`, {
      grant_type: 'client_credentials',
      client_id: client.client_id,
      client_secret: client.client_secret ?? '',
    })
    await expectOAuthError(asked, 400, 'unauthorized_client')
  })

  test('F-11 a registration without a supported value names the supported ones', async () => {
    for (const [metadata, supported] of [
      [{ grant_types: [deviceCode] }, 'authorization_code, refresh_token'],
      [{ grant_types: ['client_credentials'] }, 'authorization_code, refresh_token'],
      [{ response_types: ['token'] }, 'code'],
      [{ token_endpoint_auth_method: 'client_secret_jwt' }, 'none, client_secret_basic'],
      [{ token_endpoint_auth_method: 'tls_client_auth' }, 'private_key_jwt'],
    ] as const) {
      const response = await send({ redirect_uris: [callback], ...metadata })
      expect(await expectOAuthError(response, 400, 'invalid_client_metadata')).toContain(supported)
    }
  })

  test('F-11 F-16 an unknown application type is omitted', async () => {
    expect(await registered({ application_type: 'toaster' })).not.toHaveProperty('application_type')
    expect(leftOut()).toEqual([{ application_type: ['toaster'] }])
  })

  test('F-11 F-13 unknown scopes are removed from a registered scope', async () => {
    expect(await registered({ scope: 'openid notes:read offline_access' })).toMatchObject({
      scope: 'notes:read',
    })
    expect(leftOut()).toEqual([{ scope: ['openid', 'offline_access'] }])
  })

  test('O-03 the event of omitted values is printable and limited in length', async () => {
    const many = Array.from({ length: 900 }, (_, i) => `s${i}`)
      .join(' ')
      .slice(0, 2000)
    await registered({
      grant_types: ['authorization_code', `\u0000\r\nx\u2028${'y'.repeat(500)}`],
      scope: many,
    })
    expect(events).toHaveLength(1)
    const [told = {}] = leftOut()
    expect(told['scope']).toHaveLength(20)
    for (const value of Object.values(told).flat()) expect(value).toMatch(/^[ -~]{1,103}$/)
  })

  test('F-22 lists over their limit are refused whatever they contain', async () => {
    const codes = Array.from({ length: 21 }, () => 'authorization_code')
    await expectOAuthError(
      await send({ redirect_uris: [callback], grant_types: codes }),
      400,
      'invalid_client_metadata',
    )
    const uris = ['https://client.example/cb', ...Array.from({ length: 20 }, (_, i) => `vscode://x/${i}`)]
    await expectOAuthError(await send({ redirect_uris: uris }), 400, 'invalid_client_metadata')
  })
})

test('F-11 F-28 a client document is read as leniently as a registration', async () => {
  const website = await startClientWebsite()
  website.publish({
    redirect_uris: [callback],
    grant_types: ['authorization_code', 'refresh_token', deviceCode],
    response_types: null,
    scope: null,
    logo_uri: '',
    tos_uri: null,
    jwks: null,
    contacts: null,
    application_type: 'toaster',
    client_secret: null,
  })
  const host = await anyHost.start(notesApp({ ssrfSafeFetch: website.fetch }))
  const client = documentClient(callback)
  const { refresh_token } = await newTokens(host.origin, client)
  expect((await postForm(`${host.origin}/token`, refreshForm(client, refresh_token))).status).toBe(200)
  await host.close()
  await website.close()
})
