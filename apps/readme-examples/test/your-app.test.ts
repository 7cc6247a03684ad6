import { createTestIssuer, type MintOptions } from '@tollgate/auth-testing'
import { expect, test } from 'vitest'
import { createApp } from '../src/your-app.js'

const issuer = await createTestIssuer({ issuer: 'https://login.example.com' })
const app = createApp({ fetch: issuer.fetch, now: issuer.now })

/** Calls the server with a valid token, changed as a test needs. */
async function call(token: MintOptions = {}): Promise<Response> {
  const audience = 'https://api.example.com/mcp'
  const bearer = await issuer.mint({ audience, scopes: ['notes:read'], ...token })
  return app.request('https://api.example.com/mcp', {
    method: 'POST',
    headers: {
      authorization: `Bearer ${bearer}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
  })
}

test('the application admits a user', async () => {
  expect((await call({ subject: 'alice' })).status).toBe(200)
})

test('the application refuses a token for another server', async () => {
  expect((await call({ audience: 'https://other.example.com/mcp' })).status).toBe(401)
})

test('the application refuses an expired token and one signed by another issuer', async () => {
  expect((await call({ expiresIn: -60 })).status).toBe(401)
  expect((await call({ signedBy: 'otherKey' })).status).toBe(401)
  expect((await call({ signedBy: 'none' })).status).toBe(401)
})

test('the challenge tells a client which scope to request', async () => {
  const answer = await call({ scopes: [] })
  expect(answer.status).toBe(403)
  expect(answer.headers.get('www-authenticate')).toContain('scope="notes:read"')
})

test('the application keeps its users while the issuer is down', async () => {
  expect((await call()).status).toBe(200)
  issuer.break('down')
  issuer.now.advance(3600)
  expect((await call()).status).toBe(200)
  issuer.repair()
})
