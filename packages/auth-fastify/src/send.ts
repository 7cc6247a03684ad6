import type { HttpResponse } from '@tollgate/auth-core/resource-server'
import type { FastifyReply } from 'fastify'

/** Sends a response of the core through Fastify, so that hooks run. */
export function send(reply: FastifyReply, answer: HttpResponse): FastifyReply {
  reply.code(answer.status)
  for (const [name, value] of Object.entries(answer.headers)) {
    // A CORS policy of the application stays.
    if (name.startsWith('access-control-') && reply.hasHeader(name)) continue
    const before = name === 'vary' ? reply.getHeader(name) : undefined
    if (before !== undefined) reply.header(name, `${before}, ${value}`)
    else reply.header(name, typeof value === 'string' ? value : [...value])
  }
  // As bytes, because Fastify would add a charset to the media type of JSON text.
  return reply.send(answer.body === undefined ? undefined : Buffer.from(answer.body))
}
