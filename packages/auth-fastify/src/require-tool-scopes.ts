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
 * Creates a `preHandler` hook that refuses calls to tools whose scopes the token lacks.
 *
 * The response is a 403 with a challenge that names all scopes, so that the client can ask the user for them. Anonymous
 * calls of such tools get a 401. Put `requireBearerAuth` into `onRequest` of the same route.
 *
 * Middleware between the two can remove rights by replacing the token with a copy that has fewer scopes, or with
 * `undefined`. A call then passes only if both tokens allow it, so middleware cannot add rights.
 *
 * In earlier hooks the body has not been read, so every POST fails there.
 *
 * If a tool requires a scope that the provider can never grant, every request fails with an error that names the scope.
 *
 * @throws `TypeError` for an invalid table, and for invalid and unknown options.
 */
export function requireToolScopes(toolScopes: ToolScopes, options: ToolScopesOptions = {}): ToolScopesHook {
  const checked = checkedToolScopes(toolScopes)
  const checkedOptions = checkedToolScopesOptions(options)
  return async function requireToolScopes(request, reply) {
    const admission = admissionOf(request.raw)
    if (admission === undefined)
      throw new TypeError('requireToolScopes: requireBearerAuth must come before it.')
    // Fastify calls no parser for an empty body.
    const body = request.body === undefined && isEmpty(request) ? '' : request.body
    const { method } = request
    const refusal = refuseToolCalls(admission, authOf(request), { method, body }, checked, checkedOptions)
    return refusal === undefined ? undefined : send(reply, refusal)
  }
}

/** Returns `auth` of both requests. A gate of another framework in front sets it on Node's request alone. */
function authOf(request: FastifyRequest & { readonly auth?: unknown }): readonly unknown[] {
  return Object.hasOwn(request, 'auth') ? [getAuth(request), request.auth] : [getAuth(request)]
}

function isEmpty({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0
}
