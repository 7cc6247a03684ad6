import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp } from '../harness/notes-app.js'
import { sendRaw } from '../harness/raw-http.js'

const page = { origin: 'https://inspector.example' }

function listOf(value: string | undefined): string[] {
  return (value ?? '').split(',').map((one) => one.trim())
}

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  beforeAll(async () => {
    host = await start(notesApp())
  })
  afterAll(() => host.close())

  async function allowedFor(path: string, asked: string | string[] | undefined): Promise<string[]> {
    const answer = await sendRaw(host.origin + path, {
      method: 'OPTIONS',
      headers: {
        ...page,
        'access-control-request-method': 'POST',
        ...(asked === undefined ? {} : { 'access-control-request-headers': asked }),
      },
    })
    expect(answer.status).toBe(204)
    expect(answer.headers['access-control-allow-origin']).toBe('*')
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined()
    expect(listOf(answer.headers['vary'])).toContain('Access-Control-Request-Headers')
    return listOf(answer.headers['access-control-allow-headers'])
  }

  const paths = ['/mcp', '/token', '/register', '/revoke', '/.well-known/oauth-protected-resource/mcp']

  test.each(paths)('L-05 the preflight of %s allows the header names that it requests', async (path) => {
    const always = await allowedFor(path, undefined)
    const asked = 'authorization,content-type,mcp-param-region, Mcp-Param-Time.Zone,x-trace'
    expect(await allowedFor(path, asked)).toEqual([
      ...always,
      'mcp-param-region',
      'mcp-param-time.zone',
      'x-trace',
    ])
    // In each spelling, and once.
    expect(await allowedFor(path, 'AUTHORIZATION, x-a, X-A')).toEqual([...always, 'x-a'])
    expect(await allowedFor(path, ['x-a', 'x-b'])).toEqual([...always, 'x-a', 'x-b'])
  })

  test('L-05 L-12 the preflight does not repeat invalid header names', async () => {
    const always = await allowedFor('/mcp', undefined)
    for (const asked of ['*', '', ',,', 'a b', 'a:b', '"a"', '<script>', 'a;b', 'ä', 'a/b', '(a)'])
      expect(await allowedFor('/mcp', asked)).toEqual(always)
    expect(await allowedFor('/mcp', 'x-ok, a b, x-fine')).toEqual([...always, 'x-ok', 'x-fine'])
  })

  test('L-05 a preflight with many header names gets a short response', async () => {
    const always = await allowedFor('/mcp', undefined)
    const many = Array.from({ length: 500 }, (_, i) => `x-${i}`)
    expect(await allowedFor('/mcp', many.join(','))).toEqual([...always, ...many.slice(0, 64)])
    expect(await allowedFor('/mcp', `x-ok,${'x'.repeat(129)}`)).toEqual([...always, 'x-ok'])
  })
})
