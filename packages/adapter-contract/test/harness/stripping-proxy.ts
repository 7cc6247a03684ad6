import { request as httpRequest } from 'node:http'
import { listen, type RunningHost } from './listen.js'

/**
 * A reverse proxy that strips a prefix from paths and passes other paths through. Its headers about host and protocol
 * are wrong, because the server must not trust them.
 *
 * @param start Starts the server behind the proxy, with the proxy's public origin.
 */
export async function strippingProxy(
  prefix: string,
  start: (publicOrigin: string) => Promise<RunningHost>,
): Promise<RunningHost> {
  const inner: RunningHost[] = []
  const proxy = await listen(async (publicOrigin) => {
    const app = await start(publicOrigin)
    inner.push(app)
    return (request, response) => {
      const { method = 'GET', headers, url = '/' } = request
      const path = url.startsWith(`${prefix}/`) ? url.slice(prefix.length) : url
      const wrong = { host: 'internal:8080', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'ftp' }
      const forwarded = httpRequest(app.origin + path, { method, headers: { ...headers, ...wrong } })
      forwarded.on('response', (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      })
      request.pipe(forwarded)
    }
  })
  return {
    origin: proxy.origin,
    close: async () => {
      await proxy.close()
      await inner[0]?.close()
    },
  }
}
