import type { HttpResponse } from '@tollgate/auth-core/resource-server'
import type { FastifyReply } from 'fastify'

/** Sends an answer of the core through Fastify, so that hooks which add to a reply still do. */
export function send(reply: FastifyReply, answer: HttpResponse): FastifyReply {
  reply.code(answer.status)
  for (const [name, value] of Object.entries(answer.headers)) {
    // A CORS policy of the application is the application's.
    if (name.startsWith('access-control-') && reply.hasHeader(name)) continue
    const before = name === 'vary' ? reply.getHeader(name) : undefined
    if (before !== undefined) reply.header(name, `${before}, ${value}`)
    else reply.header(name, typeof value === 'string' ? value : [...value])
  }
  // As bytes: to the media type of a JSON text, Fastify would add a charset.
  return reply.send(answer.body === undefined ? undefined : Buffer.from(answer.body))
}
