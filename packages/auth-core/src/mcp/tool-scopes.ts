import { OAuthError } from '../oauth/oauth-error.js'
import { checkedScopes } from '../oauth/scope.js'
import { type OptionNames, refuseUnknownOptions } from '../options/unknown-options.js'

/**
 * The scopes that a tool needs besides those of the gate, by the tool's name. A tool that is named needs a token, even
 * if its list is empty: behind a gate with `allowAnonymous`, too.
 */
export type ToolScopes = Readonly<Record<string, readonly string[]>>

export interface ToolScopesOptions {
  /**
   * Refuses calls of tools that the table does not name, with 403: a tool that was added and forgotten, or misspelt in the
   * table, then cannot be called, rather than be open to every token of the gate. Tools that the gate's `allowAnonymous`
   * lists count as named. Default: false.
   */
  readonly refuseUnnamedTools?: boolean | undefined
}

const optionNames = { refuseUnnamedTools: true } as const satisfies OptionNames<ToolScopesOptions>

/** @throws `TypeError` for unknown options, and for values of another type. */
export function checkedToolScopesOptions(options: ToolScopesOptions = {}): ToolScopesOptions {
  refuseUnknownOptions('requireToolScopes', options, optionNames)
  const { refuseUnnamedTools = false } = options
  if (typeof refuseUnnamedTools !== 'boolean')
    throw new TypeError('requireToolScopes: "refuseUnnamedTools" must be true or false.')
  return { refuseUnnamedTools }
}

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
 * Whether the rest is valid JSON-RPC is for the MCP server to say: what is not a tool call needs nothing here.
 *
 * @throws `invalid_request` for a message that the MCP server may take for the call of another tool: a call that does
 * not name its tool, or a member `__proto__` in a message or its parameters.
 */
export function scopesOfToolCalls(body: unknown, toolScopes: ToolScopes): string[] | undefined {
  if (hasUnclearMessage(body))
    throw new OAuthError('invalid_request', 'It is not clear which tool is called.')
  const needs = messagesOf(body).map((message) => {
    const name = isToolCall(message) ? toolOf(message) : undefined
    return name !== undefined && Object.hasOwn(toolScopes, name) ? toolScopes[name] : undefined
  })
  const needed = needs.filter((scopes) => scopes !== undefined)
  return needed.length === 0 ? undefined : [...new Set(needed.flat())]
}

/** The first call of a body whose tool is not named, by `toolScopes` or as public. */
export function unnamedCall(
  body: unknown,
  toolScopes: ToolScopes,
  isPublicTool: (name: string) => boolean,
): { readonly id?: unknown } | undefined {
  return messagesOf(body).find((message) => {
    const name = isToolCall(message) ? toolOf(message) : undefined
    return name !== undefined && !Object.hasOwn(toolScopes, name) && !isPublicTool(name)
  })
}

/**
 * Whether a JSON-RPC body has a message that the MCP server may take for the call of another tool.
 *
 * JSON may have a member `__proto__`, which means nothing at first. But who copies members one by one, as some
 * validators do, makes it the prototype of the copy, which then has a tool's name without a member of that name. No
 * other name does that.
 */
export function hasUnclearMessage(body: unknown): boolean {
  return messagesOf(body).some(
    (message) =>
      hasPrototypeMember(message) ||
      hasPrototypeMember(message.params) ||
      (isToolCall(message) && toolOf(message) === undefined),
  )
}

interface Message {
  readonly id?: unknown
  readonly method?: unknown
  readonly params?: unknown
}

function messagesOf(body: unknown): Message[] {
  return (Array.isArray(body) ? body : [body]).filter((message) => message !== null && message !== undefined)
}

function isToolCall({ method }: Message): boolean {
  return method === 'tools/call'
}

function toolOf({ params }: Message): string | undefined {
  const { name } = (params ?? {}) as { readonly name?: unknown }
  return typeof name === 'string' ? name : undefined
}

function hasPrototypeMember(value: unknown): boolean {
  return value !== null && value !== undefined && Object.hasOwn(value, '__proto__')
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
