import { createBearerGate, type GateAnswer, isPromiseLike } from '@tollgate/auth-core/adapter'
import { admitNodeRequest, authorizationOf, NodeGateRequest } from '@tollgate/auth-core/node'
import type { AccessToken, AuthProviderLike, BearerGateOptions } from '@tollgate/auth-core/resource-server'
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { send } from './send.js'

/** An `onRequest` hook. */
export type BearerAuthHook = (
  request: FastifyRequest,
  reply: FastifyReply,
  done: HookHandlerDoneFunction,
) => void

type PassedRequest = FastifyRequest & { auth?: AccessToken<object> | undefined }

/**
 * An `onRequest` hook that lets a request pass only with a good bearer token. The token is then in `request.auth`
 * and, because SDK transports are given the raw request, in `request.raw.auth`; typed in `getAuth(request)`. With
 * `allowAnonymous`, requests without a token pass that use nothing but what it lists.
 *
 * @throws `TypeError` at once if the provider does not know its MCP path yet: `await` the registration of `mcpAuth`
 * first, or give the gate `mcpPath`.
 */
export function requireBearerAuth(
  provider: AuthProviderLike<object>,
  options: BearerGateOptions = {},
): BearerAuthHook {
  const gate = createBearerGate(provider, options)

  function proceed(
    { accessToken, refusal }: GateAnswer<object>,
    request: PassedRequest,
    reply: FastifyReply,
    done: HookHandlerDoneFunction,
  ): void {
    // The application has answered by itself meanwhile, for example because its deadline was over.
    if (reply.sent) return
    if (refusal !== undefined) {
      send(reply, refusal)
      return
    }
    request.auth = accessToken
    // When Fastify sends, its own headers replace the raw ones, which SDK transports send.
    const vary = reply.getHeader('vary')
    admitNodeRequest({ gate, accessToken }, request.raw, reply.raw)
    if (vary !== undefined) reply.header('vary', `${vary}, ${reply.raw.getHeader('vary')}`)
    done()
  }

  return function requireBearerAuth(request, reply, done) {
    const answer = gate.authenticate(authorizationOf(request.raw), new NodeGateRequest(request.raw, request))
    // A known token passes at once.
    if (!isPromiseLike(answer)) proceed(answer, request, reply, done)
    else answer.then((settled) => proceed(settled, request, reply, done)).catch(done)
  }
}
