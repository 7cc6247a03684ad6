import type { AddressInfo } from 'node:net'
import { MultiAuth, StaticTokenVerifier } from '@tollgate/auth-core'
import { requireBearerAuth } from '@tollgate/auth-express'
import express from 'express'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { handler } from '../src/session-of-user.js'

let origin: string
let close: () => void
beforeAll(async () => {
  const verifiers = [
    new StaticTokenVerifier({
      issuer: 'https://a.example',
      tokens: {
        alice: { clientId: 'client-1', subject: 'alice' },
        'alice-later': { clientId: 'client-1', subject: 'alice' },
        'alice-elsewhere': { clientId: 'client-2', subject: 'alice' },
        bob: { clientId: 'client-1', subject: 'bob' },
      },
    }),
    new StaticTokenVerifier({
      issuer: 'https://b.example',
      tokens: { 'another-alice': { clientId: 'client-1', subject: 'alice' } },
    }),
  ]
  const gate = requireBearerAuth(new MultiAuth({ verifiers }))
  const server = express().all('/mcp', gate, handler).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  close = () => {
    server.closeAllConnections()
    server.close()
  }
})
afterAll(() => close())

function send(token: string, message: object, session?: string): Promise<Response> {
  return fetch(`${origin}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(session === undefined ? {} : { 'mcp-session-id': session }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }),
  })
}

/** Starts a session. */
async function begin(token: string): Promise<string> {
  const clientInfo = { name: 'test', version: '0' }
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo }
  const answer = await send(token, { method: 'initialize', params })
  await answer.text()
  return answer.headers.get('mcp-session-id') ?? ''
}

const whoami = { method: 'tools/call', params: { name: 'whoami', arguments: {} } }

test('A-30 A-55 a valid token cannot reach the session of another caller', async () => {
  const session = await begin('alice')
  expect(await (await send('alice', whoami, session)).text()).toContain('alice')
  for (const other of ['bob', 'another-alice', 'alice-elsewhere']) {
    const otherUser = await send(other, whoami, session)
    expect(otherUser.status).toBe(400)
    expect(await otherUser.text()).not.toContain('result')
  }
  expect(await (await send('bob', whoami, await begin('bob'))).text()).toContain('bob')
  // A refreshed token is of the same user.
  expect((await send('alice-later', whoami, session)).status).toBe(200)
})

test('a session closed by its user no longer exists', async () => {
  const session = await begin('alice')
  const headers = { authorization: 'Bearer alice', 'mcp-session-id': session }
  expect((await fetch(`${origin}/mcp`, { method: 'DELETE', headers })).status).toBe(200)
  expect((await send('alice', whoami, session)).status).toBe(400)
})
