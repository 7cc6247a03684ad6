import type { HttpResponse } from '../http/http-response.js'
import type { ToolScopes, ToolScopesOptions } from '../mcp/tool-scopes.js'
import type { Admission } from './admission.js'

/** The parts of a request that say which tools it calls. */
export interface ToolRequest {
  /** As the client sent it, in its case. */
  readonly method: string
  /** The parsed body, or its text or bytes. */
  readonly body: unknown
}

/**
 * Returns the refusal of an admitted request that calls tools it may not: see `BearerGate.refuseToolCalls`.
 *
 * Middleware behind the gate can remove rights by replacing the token with a copy that has fewer scopes, or with
 * `undefined`. A call passes only if both the admitted token and its replacement allow it, so middleware cannot add
 * rights.
 *
 * @param auth The present values where the gate has put the token. `undefined` is an anonymous request.
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

/** Returns the admitted token with the scopes of its replacement. A replacement without a list of scopes has none. */
function narrowedToken(admitted: Admission['accessToken'], present: unknown): Admission['accessToken'] {
  if (present === admitted || admitted === undefined) return admitted
  if (typeof present !== 'object' || present === null) return undefined
  return { ...admitted, scopes: 'scopes' in present ? scopesIn(present.scopes) : [] }
}

function scopesIn(scopes: unknown): string[] {
  return Array.isArray(scopes) ? scopes.filter((scope): scope is string => typeof scope === 'string') : []
}
