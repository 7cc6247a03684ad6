import type { HttpResponse } from '@tollgate/auth-core/resource-server'
import type { FastifyReply } from 'fastify'

/** Sends an answer of the core through Fastify, so that hooks which add to a reply still do. */
export function send(reply: FastifyReply, answer: HttpResponse): FastifyReply {
  reply.code(answer.status)
  for (const [name, value] of Object.entries(answer.headers)) {
    reply.header(name, typeof value === 'string' ? value : [...value])
  }
  return reply.send(answer.body)
}
