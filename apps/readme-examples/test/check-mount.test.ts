import { once } from 'node:events'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test, vi } from 'vitest'

test('L-02 the listening server refuses requests for another host', async () => {
  vi.stubEnv('PORT', '0')
  // Nothing serves its public URL here. The report says so on the console.
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network')))
  const report = new Promise((resolve) => vi.spyOn(console, 'warn').mockImplementation(resolve))
  const { server } = await import('../src/check-mount.js')
  try {
    if (!server.listening) await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const statusFor = async (host: string) => {
      const outgoing = request({ port, path: '/api/mcp', method: 'POST', headers: { host } }).end()
      const [response] = await once(outgoing, 'response')
      response.resume()
      return response.statusCode
    }
    expect(await statusFor('evil.example')).toBe(403)
    expect(await statusFor('example.com')).toBe(401)
    await report
  } finally {
    server.close()
    server.closeAllConnections()
    vi.unstubAllEnvs()
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  }
})
