import type { AuthEvent } from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { describe, expect, test } from 'vitest'
import { basicOf } from '../harness/credentials.js'
import { expectOAuthError } from '../harness/expectations.js'
import { anyHost, hosts } from '../harness/hosts.js'
import { notesApp } from '../harness/notes-app.js'
import { codeForm, newCode, postForm, refreshForm, register, type Tokens } from '../harness/oauth-driver.js'

const confidential = { token_endpoint_auth_method: 'client_secret_basic' }
const day = 24 * 3600

describe.each(hosts)('$name', ({ start }) => {
  test('F-03 E-12 a secret expires when the response said, and the client registers again', async () => {
    const now = testClock()
    const events: AuthEvent[] = []
    const host = await start(notesApp({ now, events, clientSecretLifetime: 7 * day }))
    const client = await register(host.origin, confidential)
    expect(client['client_secret_expires_at']).toBe(now() + 7 * day)
    const code = codeForm(client, await newCode(host.origin, client))
    const redeemed = await postForm(`${host.origin}/token`, code, basicOf(client))
    const { refresh_token } = (await redeemed.json()) as Tokens
    const ask = (endpoint: string, headers = basicOf(client)) =>
      postForm(`${host.origin}/${endpoint}`, { token: 'x', grant_type: 'x' }, headers)

    now.advance(7 * day - 1)
    expect((await ask('revoke')).status).toBe(200)
    now.advance(1)
    events.length = 0
    for (const endpoint of ['token', 'revoke', 'introspect']) {
      await expectOAuthError(await ask(endpoint), 401, 'invalid_client')
      expect(events.at(-2)).toMatchObject({
        type: 'client.rejected',
        clientId: client.client_id,
        reason: 'client_secret_expired',
      })
    }
    const refresh = refreshForm(client, refresh_token)
    await expectOAuthError(
      await postForm(`${host.origin}/token`, refresh, basicOf(client)),
      401,
      'invalid_client',
    )
    // A wrong secret gets the same error at any time.
    const wrong = basicOf({ ...client, client_secret: 'x'.repeat(43) })
    await expectOAuthError(await ask('revoke', wrong), 401, 'invalid_client')
    expect(events.at(-2)).toMatchObject({ type: 'client.rejected', reason: 'client_secret' })

    const again = await register(host.origin, confidential)
    expect((await ask('revoke', basicOf(again))).status).toBe(200)
    await host.close()
  })
})

test('F-03 F-06 a public client has no secret to expire, and secrets never expire by default', async () => {
  const limited = await anyHost.start(notesApp({ clientSecretLifetime: day }))
  expect(await register(limited.origin)).not.toHaveProperty('client_secret_expires_at')
  const host = await anyHost.start(notesApp())
  expect((await register(host.origin, confidential))['client_secret_expires_at']).toBe(0)
  await Promise.all([limited.close(), host.close()])
})
