import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

export interface LoopbackServer {
  readonly origin: string
  /** The requested paths, in order. */
  readonly requests: string[]
  /** The header fields of the last request. */
  lastHeaders(): IncomingMessage['headers']
  answerWith(answer: Answer): void
  close(): Promise<void>
}

/** A real HTTP server on a free loopback port. */
export async function startServer(answer: Answer = json({}), port = 0): Promise<LoopbackServer> {
  let current = answer
  let headers: IncomingMessage['headers'] = {}
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    headers = request.headers
    current(request, response)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    lastHeaders: () => headers,
    answerWith(next) {
      current = next
    },
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

export function json(document: unknown): Answer {
  return (_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(document))
  }
}

export function status(code: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_request, response) => {
    response.writeHead(code, headers)
    response.end('<p>no</p>')
  }
}

/** One response for each path, and 404 for all others. */
export function byPath(answers: Readonly<Record<string, Answer>>): Answer {
  return (request, response) => (answers[request.url ?? ''] ?? status(404))(request, response)
}
