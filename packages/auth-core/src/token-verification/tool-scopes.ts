/** The scopes that a tool needs besides those of the gate, by the tool's name. */
export type ToolScopes = Readonly<Record<string, readonly string[]>>

/**
 * All scopes that the tool calls of a JSON-RPC body need. A batch needs those of all its calls, so that one
 * challenge names them all.
 *
 * Whether the body is valid JSON-RPC is for the MCP server to say: what is not a tool call needs nothing here.
 */
export function scopesOfToolCalls(body: unknown, toolScopes: ToolScopes): string[] {
  const messages: unknown[] = Array.isArray(body) ? body : [body]
  return [...new Set(messages.flatMap((message) => scopesOfToolCall(message, toolScopes)))]
}

function scopesOfToolCall(message: unknown, toolScopes: ToolScopes): readonly string[] {
  const { method, params } = (message ?? {}) as { method?: unknown; params?: { name?: unknown } }
  const name = method === 'tools/call' ? params?.name : undefined
  return typeof name === 'string' && Object.hasOwn(toolScopes, name) ? (toolScopes[name] ?? []) : []
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
