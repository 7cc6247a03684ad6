import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import { requireBearerAuth as gateOfV1 } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { requireBearerAuth as gateOfV2, OAuthError as SdkOAuthError } from '@modelcontextprotocol/server'
import { AccessToken, type AuthProviderLike, RemoteAuthProvider, toSdkVerifier } from '@tollgate/auth-core'
import express from 'express'
import { afterEach, describe, expect, test } from 'vitest'

const provider: AuthProviderLike = {
  requiredScopes: [],
  resourceUrl: 'https://rs.example/mcp',
  async verifyToken(token, options) {
    if (token === 'outage') throw new Error('the keys are gone')
    if (!token.startsWith('good') || options?.resource !== 'https://rs.example/mcp') return null
    const scopes = token === 'good' ? ['a'] : []
    return new AccessToken({ token, clientId: 'c', scopes, subject: 's', expiresAt: Date.now() / 1000 + 60 })
  },
}

const servers = {
  'SDK v1': () => {
    const app = express()
    const verifier = toSdkVerifier(provider, { InvalidTokenError })
    app.post('/mcp', gateOfV1({ verifier, requiredScopes: ['a'] }), (request, response) => {
      response.json((request as { auth?: unknown }).auth)
    })
    return app
  },
  'SDK v2': () => {
    const gate = gateOfV2({
      verifier: toSdkVerifier(provider, { OAuthError: SdkOAuthError }),
      requiredScopes: ['a'],
    })
    return getRequestListener(async (request) => {
      const answer = await gate(request)
      return answer instanceof Response ? answer : Response.json(answer)
    })
  },
}

let stop = () => {}
afterEach(() => stop())

describe.each(Object.entries(servers))('the gate of %s', (_, build) => {
  test.each([
    ['good', 200],
    ['bad', 401],
    ['good-without-scope', 403],
    ['outage', 500],
  ])('A-17 the verdict "%s" gets %d', async (token, status) => {
    const server = createServer(build())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    stop = () => server.close()
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, connection: 'close' },
    })
    expect(answer.status).toBe(status)
    if (status === 200) expect(await answer.json()).toMatchObject({ token, scopes: ['a'] })
  })
})

test('A-08 the verifier of one of several resources accepts only tokens of that resource', async () => {
  const auth = new RemoteAuthProvider({
    baseUrl: 'https://rs.example',
    authorizationServers: ['https://login.example'],
    tokenVerifier: {
      requiredScopes: [],
      verifyToken: async (token, { resource } = {}) =>
        resource === `https://rs.example/${token}`
          ? new AccessToken({ token, clientId: 'c', scopes: [], resource })
          : null,
    },
  })
  auth.setMcpPath('/one')
  const unnamed = toSdkVerifier(auth, { InvalidTokenError })
  expect(await unnamed.verifyAccessToken('one')).toMatchObject({ token: 'one' })

  auth.setMcpPath('/two')
  const ofTwo = toSdkVerifier(auth, { InvalidTokenError }, { mcpPath: '/two' })
  await expect(ofTwo.verifyAccessToken('one')).rejects.toThrow(InvalidTokenError)
  expect(await ofTwo.verifyAccessToken('two')).toMatchObject({ token: 'two' })
  // It may come before either of them.
  await expect(unnamed.verifyAccessToken('one')).rejects.toThrow(/Set "mcpPath" on each gate/)
})
