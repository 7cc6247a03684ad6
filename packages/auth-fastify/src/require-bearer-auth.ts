import { createBearerGate, type GateAnswer, isPromiseLike } from '@tollgate/auth-core/adapter'
import { admitNodeRequest, authenticateNodeRequest } from '@tollgate/auth-core/node'
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
 * Creates an `onRequest` hook that admits requests with a valid bearer token. The token is then in `request.auth` and in
 * `request.raw.auth`, where both SDKs look for it. `getAuth(request)` returns it with its type. `allowAnonymous` lists what
 * requests without a token may use.
 *
 * @throws `TypeError` if the provider does not know its MCP path yet: `await` the registration of `mcpAuth` first, or set
 * `mcpPath` here.
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
    // The application has responded in the meantime, for example because of a time limit.
    if (reply.sent) return
    if (refusal !== undefined) {
      send(reply, refusal)
      return
    }
    request.auth = accessToken
    // Fastify replaces raw headers with its own when it sends. SDK transports send the raw ones.
    const vary = reply.getHeader('vary')
    admitNodeRequest({ gate, accessToken }, request.raw, reply.raw)
    if (vary !== undefined) reply.header('vary', `${vary}, ${reply.raw.getHeader('vary')}`)
    done()
  }

  return function requireBearerAuth(request, reply, done) {
    const answer = authenticateNodeRequest(gate, request.raw, request)
    // A cached token takes no trip through the event loop.
    if (!isPromiseLike(answer)) proceed(answer, request, reply, done)
    else answer.then((settled) => proceed(settled, request, reply, done)).catch(done)
  }
}
