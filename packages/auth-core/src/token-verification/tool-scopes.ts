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
