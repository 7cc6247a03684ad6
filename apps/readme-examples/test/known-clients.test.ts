import { requireBearerAuth } from '@tollgate/auth-core'
import { createTestIssuer } from '@tollgate/auth-testing'
import { expect, test } from 'vitest'
import { KnownClientsVerifier } from '../src/known-clients.js'

test('A-51 a verifier limited to known clients refuses other clients at every request', async () => {
  const { issuer, fetch, mint, now } = await createTestIssuer()
  const audience = 'https://api.example.com/mcp'
  const gate = requireBearerAuth(new KnownClientsVerifier({ issuer, audience, fetch, now }))
  const send = async (clientId: string) => {
    const authorization = `Bearer ${await mint({ audience, clientId, claims: { jti: clientId } })}`
    const request = () => new Request(audience, { method: 'POST', headers: { authorization } })
    return [await gate(request()), await gate(request())]
  }
  expect(await send('my-app')).toMatchObject([{ clientId: 'my-app' }, { clientId: 'my-app' }])
  expect(await send('another')).toMatchObject([{ status: 401 }, { status: 401 }])
})
