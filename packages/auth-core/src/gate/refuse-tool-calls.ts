import type { HttpResponse } from '../http/http-response.js'
import type { ToolScopes, ToolScopesOptions } from '../mcp/tool-scopes.js'
import type { Admission } from './admission.js'

/** A request that may call tools, as adapters read it. */
export interface ToolRequest {
  /** As it was sent, with its case. */
  readonly method: string
  /** The parsed body, or its text or bytes. */
  readonly body: unknown
}

/**
 * What to answer a request that has passed a gate and calls tools that it may not: see `BearerGate.refuseToolCalls`.
 *
 * Middleware after the gate can take rights away: it replaces the token of the request by a copy with fewer scopes, or by
 * nothing. Then a call passes only if both the admitted token and its replacement may make it. Middleware cannot give
 * rights: a scope counts only if the admitted token has it, too.
 *
 * @param auth What the places have now where the gate has put the token: `undefined` is an anonymous request.
 * @throws `TypeError` for a POST without a body.
 */
export function refuseToolCalls(
  { gate, accessToken }: Admission,
  auth: readonly unknown[],
  { method, body }: ToolRequest,
  toolScopes: ToolScopes,
  options?: ToolScopesOptions,
): HttpResponse | undefined {
  const tokens = new Set([accessToken, ...auth.map((present) => narrowedToken(accessToken, present))])
  for (const token of tokens) {
    const refusal = gate.refuseToolCalls(token, method, body, toolScopes, options)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

/** The admitted token with the scopes of what has replaced it. Without a list of scopes, there are none. */
function narrowedToken(admitted: Admission['accessToken'], present: unknown): Admission['accessToken'] {
  if (present === admitted || admitted === undefined) return admitted
  if (typeof present !== 'object' || present === null) return undefined
  return { ...admitted, scopes: 'scopes' in present ? scopesIn(present.scopes) : [] }
}

function scopesIn(scopes: unknown): string[] {
  return Array.isArray(scopes) ? scopes.filter((scope): scope is string => typeof scope === 'string') : []
}
