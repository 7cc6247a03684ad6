import type { IncomingMessage } from 'node:http'
import { bodyAlreadyRead, type HttpRequest } from '../http/http-request.js'
import { rawHeader } from '../http/raw-headers.js'
import { isBodyUnread } from './peek-body.js'
import { readBody } from './read-body.js'

/** A Node request, with the members that frameworks add to it. */
export type NodeRequest = IncomingMessage & { originalUrl?: string; body?: unknown }

/** Describes a Node request to a route. If a parser has read the body, `request.body` is used. */
export function fromNodeRequest(request: NodeRequest): HttpRequest {
  return {
    method: request.method ?? 'GET',
    url: request.originalUrl ?? request.url ?? '/',
    header: (name) => headerOf(request, name),
    headers: () => headersOf(request),
    body: bodyOf(request),
  }
}

/** The `Authorization` header. Several of them are joined, so that the gate refuses them. */
export function authorizationOf(request: IncomingMessage): string | undefined {
  return rawHeader(request.rawHeaders, 'authorization')
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  if (name === 'authorization') return authorizationOf(request)
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

export function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers()
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    // The pseudo-headers of HTTP/2 are not fields.
    if (!name.startsWith(':')) headers.append(name, rawHeaders[i + 1] as string)
  }
  return headers
}

export function bodyOf(request: NodeRequest): HttpRequest['body'] {
  if (isBodyUnread(request)) return { read: (limit) => readBody(request, limit) }
  return {
    parsed: request.body,
    async read() {
      throw bodyAlreadyRead()
    },
  }
}
