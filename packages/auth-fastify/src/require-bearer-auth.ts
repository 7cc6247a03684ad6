import { authorizationOf, setProtectedResponseHeaders } from '@tollgate/auth-core/node'
import {
  type AuthProviderLike,
  type BearerGate,
  type BearerGateOptions,
  createBearerGate,
} from '@tollgate/auth-core/resource-server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { send } from './send.js'

/** An `onRequest` or `preHandler` hook. */
export type AuthHook = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply | undefined>

/** The gate that let a request pass, for what comes after it. */
const gates = new WeakMap<FastifyRequest, BearerGate>()

/**
 * An `onRequest` hook that lets a request pass only with a good bearer token. The token is then in `request.auth`
 * and, because SDK transports are given the raw request, in `request.raw.auth`; typed in `getAuth(request)`.
 *
 * @throws `TypeError` at once if the provider does not know its MCP path yet: `await` the registration of `mcpAuth`
 * first, or give the gate `mcpPath`.
 */
export function requireBearerAuth(provider: AuthProviderLike, options: BearerGateOptions = {}): AuthHook {
  const gate = createBearerGate(provider, options)
  return async function requireBearerAuth(request, reply) {
    const { accessToken, refusal } = await gate.authenticate(authorizationOf(request.raw))
    if (refusal !== undefined) return send(reply, refusal)
    gates.set(request, gate)
    Object.assign(request, { auth: accessToken })
    Object.assign(request.raw, { auth: accessToken })
    // When Fastify sends, its own headers replace the raw ones, which SDK transports send.
    const vary = reply.getHeader('vary')
    setProtectedResponseHeaders(reply.raw)
    if (vary !== undefined) reply.header('vary', `${vary}, Authorization`)
    return undefined
  }
}

export function gateOf(request: FastifyRequest): BearerGate | undefined {
  return gates.get(request)
}
