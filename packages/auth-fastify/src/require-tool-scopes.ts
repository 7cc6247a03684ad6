import {
  admissionOf,
  checkedToolScopes,
  checkedToolScopesOptions,
  refuseToolCalls,
} from '@tollgate/auth-core/adapter'
import type { ToolScopes, ToolScopesOptions } from '@tollgate/auth-core/resource-server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { getAuth } from './get-auth.js'
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
 * Middleware and hooks between the two can take rights away: where it has replaced the token by a copy with fewer scopes, or by
 * nothing, a call must be allowed to both. It cannot give rights.
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
    // Where there is nothing to parse, Fastify calls no parser.
    const body = request.body === undefined && isEmpty(request) ? '' : request.body
    const { method } = request
    const refusal = refuseToolCalls(admission, authOf(request), { method, body }, checked, checkedOptions)
    return refusal === undefined ? undefined : send(reply, refusal)
  }
}

/** What both requests have in `auth`. A gate of another framework in front has put it on Node's request alone. */
function authOf(request: FastifyRequest & { readonly auth?: unknown }): readonly unknown[] {
  return Object.hasOwn(request, 'auth') ? [getAuth(request), request.auth] : [getAuth(request)]
}

function isEmpty({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0
}
