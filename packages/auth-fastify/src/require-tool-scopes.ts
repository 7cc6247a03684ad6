import {
  admissionOf,
  checkedToolScopes,
  checkedToolScopesOptions,
  type ToolScopes,
  type ToolScopesOptions,
} from '@tollgate/auth-core/resource-server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { send } from './send.js'

/** A `preHandler` hook. */
export type ToolScopesHook = (
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<FastifyReply | undefined>

/**
 * A `preHandler` hook that refuses a call of a tool whose scopes the token lacks with 403 and a challenge that names
 * all of them, so that the client can ask the user for more. Goes with `requireBearerAuth` in `onRequest`. An
 * anonymous call of such a tool is refused with 401.
 *
 * Earlier hooks do not see the body yet: there, it refuses every POST with an error.
 *
 * A scope that no token of the gate's provider can have fails every request, because the tool could never be called:
 * the error names it.
 *
 * @throws `TypeError` at once for what is not a table of scopes, and for unknown options.
 */
export function requireToolScopes(toolScopes: ToolScopes, options: ToolScopesOptions = {}): ToolScopesHook {
  const checked = checkedToolScopes(toolScopes)
  const checkedOptions = checkedToolScopesOptions(options)
  return async function requireToolScopes(request, reply) {
    const admission = admissionOf(request.raw)
    if (admission === undefined) throw new TypeError('requireToolScopes must come after requireBearerAuth')
    const { gate, accessToken } = admission
    // Where there is nothing to parse, Fastify calls no parser.
    const body = request.body === undefined && isEmpty(request) ? '' : request.body
    const refusal = gate.refuseToolCalls(accessToken, request.method, body, checked, checkedOptions)
    return refusal === undefined ? undefined : send(reply, refusal)
  }
}

function isEmpty({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0
}
