import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { certificate, certificateKey } from '../../../auth-core/test/harness/certificate.js'

export interface Site {
  readonly origin: string
  readonly port: number
  readonly close: () => Promise<void>
}

/** Another site on this machine, under any host name. */
export async function openSite(
  scheme: 'http' | 'https',
  hostname: string,
  listener: RequestListener,
): Promise<Site> {
  const server: Server =
    scheme === 'http'
      ? createHttpServer(listener)
      : createHttpsServer({ cert: certificate, key: certificateKey }, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `${scheme}://${hostname}:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Responds to every request with a page. */
export function pageOf(html: (path: string) => string): RequestListener {
  return (request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(html(request.url ?? '/'))
  }
}
