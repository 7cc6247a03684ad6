import { checkedScopes } from '../scope.js'

/**
 * The scopes that a tool needs besides those of the gate, by the tool's name. A tool that is named needs a token, even
 * if its list is empty: that matters behind a gate with `allowAnonymous`, where tools without a name here are public.
 */
export type ToolScopes = Readonly<Record<string, readonly string[]>>

/** @throws `TypeError`, naming the tool, if what it needs is not a list of scopes. */
export function checkedToolScopes(toolScopes: ToolScopes): ToolScopes {
  if (typeof toolScopes !== 'object' || toolScopes === null)
    throw new TypeError('"toolScopes" must be an object of tools and the scopes that each needs')
  const entries = Object.entries(toolScopes).map(([tool, scopes]) => {
    if (scopes === undefined) throw new TypeError(`"toolScopes.${tool}" must be a list of scopes`)
    return [tool, checkedScopes(`toolScopes.${tool}`, scopes)] as const
  })
  return Object.fromEntries(entries)
}

/**
 * All scopes that the tool calls of a JSON-RPC body need; `undefined` if it calls no tool that is named. A batch needs
 * those of all its calls, so that one challenge names them all.
 *
 * Whether the body is valid JSON-RPC is for the MCP server to say: what is not a tool call needs nothing here.
 */
export function scopesOfToolCalls(body: unknown, toolScopes: ToolScopes): string[] | undefined {
  const messages: unknown[] = Array.isArray(body) ? body : [body]
  const needs = messages.map((message) => scopesOfToolCall(message, toolScopes))
  const needed = needs.filter((scopes) => scopes !== undefined)
  return needed.length === 0 ? undefined : [...new Set(needed.flat())]
}

function scopesOfToolCall(message: unknown, toolScopes: ToolScopes): readonly string[] | undefined {
  const { method, params } = (message ?? {}) as { method?: unknown; params?: { name?: unknown } | null }
  const name = method === 'tools/call' ? params?.name : undefined
  return typeof name === 'string' && Object.hasOwn(toolScopes, name) ? toolScopes[name] : undefined
}

/**
 * The JSON-RPC message of a body, which a parser may have left as text or bytes. `undefined` if it is not JSON.
 *
 * @throws `TypeError` if there is no body at all.
 */
export function readJsonRpc(body: unknown): { readonly message: unknown } | undefined {
  if (body === undefined) {
    throw new TypeError('requireToolScopes must run where the body has been read, for example in preHandler')
  }
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return { message: body }
  try {
    return { message: JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body)) }
  } catch {
    return undefined
  }
}
