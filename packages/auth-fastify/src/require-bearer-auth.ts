import { authorizationOf, formReaderOf, setProtectedResponseHeaders } from '@tollgate/auth-core/node'
import {
  type AccessToken,
  type AuthProviderLike,
  type BearerGate,
  type BearerGateOptions,
  createBearerGate,
  type GateAnswer,
  isPromiseLike,
} from '@tollgate/auth-core/resource-server'
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { send } from './send.js'

/** An `onRequest` hook. */
export type BearerAuthHook = (
  request: FastifyRequest,
  reply: FastifyReply,
  done: HookHandlerDoneFunction,
) => void

/** Where the gate that let a request pass is left for what comes after it. */
const passedGate = Symbol('tollgate gate')

type PassedRequest = FastifyRequest & {
  auth?: AccessToken<object> | undefined
  [passedGate]?: BearerGate<object>
}

/**
 * An `onRequest` hook that lets a request pass only with a good bearer token. The token is then in `request.auth`
 * and, because SDK transports are given the raw request, in `request.raw.auth`; typed in `getAuth(request)`. With
 * `allowAnonymous`, requests without a token pass, too.
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
    const raw: PassedRequest['raw'] & { auth?: AccessToken<object> | undefined } = request.raw
    request.auth = accessToken
    raw.auth = accessToken
    request[passedGate] = gate
    // When Fastify sends, its own headers replace the raw ones, which SDK transports send.
    const vary = reply.getHeader('vary')
    setProtectedResponseHeaders(raw, reply.raw)
    if (vary !== undefined) reply.header('vary', `${vary}, ${reply.raw.getHeader('vary')}`)
    done()
  }

  return function requireBearerAuth(request, reply, done) {
    const answer = gate.authenticate(authorizationOf(request.raw), formReaderOf(request.raw, request.body))
    // A known token passes at once.
    if (!isPromiseLike(answer)) proceed(answer, request, reply, done)
    else answer.then((settled) => proceed(settled, request, reply, done)).catch(done)
  }
}

export function gateOf(request: FastifyRequest): BearerGate<object> | undefined {
  return (request as PassedRequest)[passedGate]
}
