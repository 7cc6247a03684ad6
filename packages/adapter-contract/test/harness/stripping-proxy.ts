import { request as httpRequest } from 'node:http'
import { listen, type RunningHost } from './listen.js'

/**
 * A reverse proxy that takes a prefix off the paths that begin with it, and passes all others on as they are. What it
 * says of host and protocol is wrong, since nobody may believe it.
 *
 * @param start Starts what is behind it, whose public origin is the proxy's.
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
