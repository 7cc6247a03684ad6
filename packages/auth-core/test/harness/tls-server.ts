import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Answer } from './loopback-server.js'

/** A certificate for `client.example` and the names below it, signed by its own key. For tests only. */
export const clientCertificate = `-----BEGIN CERTIFICATE-----
MIIBiDCCAS6gAwIBAgIBATAKBggqhkjOPQQDAjAcMRowGAYDVQQDDBFUZXN0cyBv
ZiBUb2xsZ2F0ZTAgFw0yNDAxMDEwMDAwMDBaGA8yMTIzMTIzMTAwMDAwMFowHDEa
MBgGA1UEAwwRVGVzdHMgb2YgVG9sbGdhdGUwWTATBgcqhkjOPQIBBggqhkjOPQMB
BwNCAARvwxxGm5lG4ho5g2yRrUn8sckUXnkSb+QMKd7qxrUiIcVLVob+YVWMVFRl
bZ7+j3jJMYO5wJMMQuNb0r5YYUlDo18wXTArBgNVHREEJDAigg5jbGllbnQuZXhh
bXBsZYIQKi5jbGllbnQuZXhhbXBsZTAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQW
BBSiMAFvJCXw0SQZBaBz6LbUUnUHATAKBggqhkjOPQQDAgNIADBFAiEAnGhC2lm2
zwQjgSJTciv4hQqoVMhno/LECNQSPD1qma4CIH/ywzSkwX2m/ZssOE8VW0Gn/y8B
NaCSbd/WBg3g9ISP
-----END CERTIFICATE-----
`

const clientCertificateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg93QlUm1RK4fxC3FR
CxyHQwvJExXJO9TYQ7muFdheHoihRANCAARvwxxGm5lG4ho5g2yRrUn8sckUXnkS
b+QMKd7qxrUiIcVLVob+YVWMVFRlbZ7+j3jJMYO5wJMMQuNb0r5YYUlD
-----END PRIVATE KEY-----
`

export interface TlsServer {
  readonly port: number
  /** The requested URLs, in order. */
  readonly requests: string[]
  /** The number of connections so far. */
  connections(): number
  /** Resolves when no connection is open. */
  idle(): Promise<void>
  answerWith(answer: Answer): void
  close(): Promise<void>
}

/** Starts the server of `client.example` on a free loopback port. */
export async function startTlsServer(answer: Answer): Promise<TlsServer> {
  let current = answer
  let connections = 0
  let open = 0
  let whenIdle = () => {}
  const requests: string[] = []
  const server = createServer({ cert: clientCertificate, key: clientCertificateKey }, (request, response) => {
    requests.push(`https://${request.headers.host?.split(':')[0]}${request.url}`)
    current(request, response)
  })
  server.on('connection', (socket) => {
    connections += 1
    open += 1
    socket.once('close', () => {
      open -= 1
      if (open === 0) whenIdle()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    connections: () => connections,
    idle: () =>
      new Promise((resolve) => {
        whenIdle = resolve
        if (open === 0) resolve()
      }),
    answerWith(next) {
      current = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
