import { type AccessToken, memoryStore, OAuthProvider } from '@tollgate/auth-core'
import * as adapter from '@tollgate/auth-fastify'
import Fastify, { type FastifyRequest } from 'fastify'
import { expect, expectTypeOf, test } from 'vitest'

function newProvider(): OAuthProvider {
  return new OAuthProvider({
    baseUrl: 'https://notes.example',
    store: memoryStore(),
    signIn: () => ({ subject: 'alice' }),
    dynamicRegistration: true,
  })
}

const options = { provider: newProvider(), mcpPath: '/mcp' }

test('the package exports these names', () => {
  expect(Object.keys(adapter).sort()).toEqual([
    'getAuth',
    'mcpAuth',
    'mcpAuthWellKnown',
    'mcpHandler',
    'requireBearerAuth',
    'requireToolScopes',
    'routeHandler',
  ])
})

test('L-25 getAuth is typed and undefined for a request without a gate', () => {
  expectTypeOf((request: FastifyRequest) => adapter.getAuth(request)).returns.toEqualTypeOf<
    AccessToken | undefined
  >()
  expect(adapter.getAuth({ raw: {} } as FastifyRequest)).toBeUndefined()
})

test('L-14 the plugin does not affect the application’s parsers', async () => {
  const app = Fastify()
  app.addContentTypeParser('text/csv', { parseAs: 'string' }, async (_request: unknown, body: unknown) => [
    body,
  ])
  await app.register(adapter.mcpAuth, options)
  app.post('/own', async (request) => request.body)
  const json = await app.inject({ method: 'POST', url: '/own', payload: { a: 1 } })
  const csv = await app.inject({
    method: 'POST',
    url: '/own',
    headers: { 'content-type': 'text/csv' },
    payload: 'a,b',
  })
  const unknown = await app.inject({
    method: 'POST',
    url: '/own',
    headers: { 'content-type': 'application/x-unknown' },
    payload: 'x',
  })
  expect([json.json(), csv.json(), unknown.statusCode]).toEqual([{ a: 1 }, ['a,b'], 415])
})

test('L-13 serializers, error handlers and hooks of the application do not change responses', async () => {
  const app = Fastify()
  const sent: string[] = []
  app.setReplySerializer((payload) => JSON.stringify({ wrapped: payload }))
  app.setErrorHandler((_error, _request, reply) => reply.code(418).send('handled'))
  app.addHook('onSend', async (request) => {
    sent.push(request.url)
  })
  await app.register(adapter.mcpAuth, options)
  const answer = await app.inject({
    method: 'POST',
    url: '/token',
    payload: '{}',
    headers: { 'content-type': 'nonsense' },
  })
  expect(answer.statusCode).toBe(400)
  expect(answer.headers['content-type']).toBe('application/json')
  expect(answer.json()).toMatchObject({ error: 'invalid_request' })
  expect(sent).toEqual(['/token'])
})

test('L-18 a gate created before the routes is refused with a fix', async () => {
  expect(() => adapter.requireBearerAuth(newProvider())).toThrow(/MCP path/)
  expect(() => adapter.requireBearerAuth(newProvider(), { mcpPath: '/mcp' })).not.toThrow()
})
