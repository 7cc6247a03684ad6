import { describe, expect, test } from 'vitest'
import { AccessToken } from '../../src/contract/access-token.js'
import { protectedResponse } from '../../src/gate/protected-response.js'
import { requireBearerAuth } from '../../src/gate/require-bearer-auth.js'
import { verifierOf } from '../harness/verifiers.js'

const mcp = (headers: Record<string, string> = {}) => new Request('https://api.example.com/mcp', { headers })

test('requireBearerAuth resolves to the access token of a valid token', async () => {
  const authenticate = requireBearerAuth(verifierOf('good'))
  const answer = await authenticate(mcp({ authorization: 'Bearer good' }))
  expect(answer).toBeInstanceOf(AccessToken)
  expect(answer).toMatchObject({ clientId: 'client of good' })
})

test.each([undefined, 'Bearer bad'])(
  'A-01 A-07 L-06 requireBearerAuth resolves to the response to send for %s',
  async (authorization) => {
    const authenticate = requireBearerAuth(verifierOf('good'))
    const answer = await authenticate(mcp(authorization === undefined ? {} : { authorization }))
    expect(answer).toBeInstanceOf(Response)
    const { status, headers } = answer as Response
    expect(status).toBe(401)
    expect(headers.get('www-authenticate')).toMatch(/^Bearer/)
    expect(headers.get('access-control-expose-headers')).toContain('WWW-Authenticate')
  },
)

test('L-16 requireBearerAuth refuses two Authorization fields', async () => {
  const headers = new Headers({ authorization: 'Bearer good' })
  headers.append('authorization', 'Bearer good')
  const request = new Request('https://api.example.com/mcp', { headers })
  expect(await requireBearerAuth(verifierOf('good'))(request)).toMatchObject({ status: 400 })
})

test('A-48 requireBearerAuth resolves to undefined for an admitted anonymous request', async () => {
  const authenticate = requireBearerAuth(verifierOf('good'), {
    dangerouslyAllowAnonymousEverything: true,
  })
  expect(await authenticate(mcp())).toBeUndefined()
  expect(await authenticate(mcp({ authorization: 'Bearer good' }))).toBeInstanceOf(AccessToken)
  expect(await authenticate(mcp({ authorization: 'Bearer bad' }))).toMatchObject({ status: 401 })
})

describe('a form', () => {
  const authenticate = requireBearerAuth(verifierOf('good'))
  const post = (body: BodyInit, type = 'application/x-www-form-urlencoded') =>
    new Request('https://api.example.com/mcp', {
      method: 'POST',
      headers: { authorization: 'Bearer good', 'content-type': type },
      body,
      duplex: 'half',
    } as RequestInit)

  test('A-29 a form is refused unread', async () => {
    const endless = () => new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(1024)) })
    const types = [undefined, 'Application/X-WWW-Form-URLEncoded; charset=utf-8']
    for (const type of types)
      for (const body of ['access_token=good', 'a=b', '', endless()]) {
        const request = post(body, type)
        expect(await authenticate(request)).toMatchObject({ status: 400 })
        expect(request.bodyUsed).toBe(false)
      }
  })

  test('A-29 a form that the application has read is refused', async () => {
    const request = post('access_token=good')
    await request.text()
    expect(await authenticate(request)).toMatchObject({ status: 400 })
  })

  test('A-29 a form with a second media type is refused', async () => {
    const request = post('access_token=good')
    request.headers.append('content-type', 'application/json')
    expect(await authenticate(request)).toMatchObject({ status: 400 })
  })

  test('A-29 a body of another type passes unread', async () => {
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded-not']) {
      const request = post('access_token=good', type)
      expect(await authenticate(request)).toBeInstanceOf(AccessToken)
      expect(request.bodyUsed).toBe(false)
    }
  })
})

test('requireBearerAuth throws when the provider does not know its path', () => {
  const provider = verifierOf('good', { baseUrl: 'https://api.example.com', mcpPaths: [] })
  expect(() => requireBearerAuth(provider)).toThrow(TypeError)
})

describe('the response of the handler', () => {
  const plain = new Request('https://api.example.com/mcp')
  const fromPage = new Request(plain, {
    headers: { origin: 'https://page.example', authorization: 'Bearer good' },
  })

  test('L-10 L-03 protectedResponse adds Vary and lets any origin read the response', async () => {
    await requireBearerAuth(verifierOf('good'))(fromPage)
    const response = protectedResponse(fromPage, new Response('x', { status: 202, headers: { 'x-a': '1' } }))
    expect(response.status).toBe(202)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-a': '1',
      vary: 'Authorization',
      'access-control-allow-origin': '*',
    })
    expect(await response.text()).toBe('x')
  })

  test('A-74 protectedResponse lets no origin read the response without a token', async () => {
    const seen = new Request(fromPage)
    expect(protectedResponse(seen, new Response(null)).headers.has('access-control-allow-origin')).toBe(false)
    await requireBearerAuth(verifierOf('other'))(seen)
    expect(protectedResponse(seen, new Response(null)).headers.has('access-control-allow-origin')).toBe(false)
  })

  test('L-10 protectedResponse adds no CORS header when the request has no Origin', () => {
    expect([...protectedResponse(plain, new Response(null)).headers]).toEqual([['vary', 'Authorization']])
  })

  test('L-10 protectedResponse keeps the headers of the application', () => {
    const headers = { vary: 'Accept', 'access-control-allow-origin': 'https://app.example' }
    const response = protectedResponse(fromPage, new Response(null, { status: 204, headers }))
    expect(response.headers.get('vary')).toBe('Accept, Authorization')
    expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example')
  })

  test('L-21 protectedResponse passes the body on as a stream', () => {
    const body = new ReadableStream()
    expect(protectedResponse(plain, new Response(body)).body).toBe(body)
  })

  test('L-15 protectedResponse keeps cookies separate', () => {
    const headers = new Headers([
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ])
    expect(protectedResponse(plain, new Response(null, { headers })).headers.getSetCookie()).toEqual([
      'a=1',
      'b=2',
    ])
  })
})
