import { OAuthError } from '../oauth/oauth-error.js'
import { scopeList } from '../oauth/scope.js'
import { checkedOptions, type OptionTable } from '../options/option-table.js'
import { flag } from '../options/rows.js'

/**
 * The scopes that each tool needs besides those of the gate, by the name of the tool. A tool in the table needs a token,
 * even if its list is empty, and even if `allowAnonymous` lists the tool.
 */
export type ToolScopes = Readonly<Record<string, readonly string[]>>

/** Options of `requireToolScopes`. */
export interface ToolScopesOptions {
  /**
   * Refuses calls of tools that the table does not name, with 403. Otherwise a tool that is missing or misspelled in the
   * table is open to every token of the gate. Tools in the gate's `allowAnonymous` count as named. Default: false.
   */
  readonly refuseUnnamedTools?: boolean | undefined
}

export function toolScopesOptionTable() {
  return { refuseUnnamedTools: flag() } satisfies OptionTable<ToolScopesOptions>
}

/** @throws `TypeError` for invalid and unknown options. */
export function checkedToolScopesOptions(options: ToolScopesOptions = {}): ToolScopesOptions {
  return checkedOptions('requireToolScopes', options, toolScopesOptionTable())
}

/**
 * @param owner The start of the error.
 * @throws `TypeError` that names the tool, if its scopes are not a list of scopes.
 */
export function checkedToolScopes(toolScopes: ToolScopes, owner = 'requireToolScopes'): ToolScopes {
  if (typeof toolScopes !== 'object' || toolScopes === null)
    throw new TypeError(`${owner}: "toolScopes" must be an object. Give each tool a list of scopes.`)
  const entries = Object.entries(toolScopes).map(([tool, scopes]) => {
    const problem = scopeList().problem(scopes, {})
    if (problem !== undefined) throw new TypeError(`${owner}: "toolScopes.${tool}" must ${problem}.`)
    return [tool, Object.freeze([...new Set(scopes)])] as const
  })
  return Object.fromEntries(entries)
}

/**
 * Returns all scopes that the tool calls of a JSON-RPC body need. `undefined` if the table names none of its tools.
 *
 * A batch needs the scopes of all its calls, so that one challenge names them all. Does **not** check that the rest is valid
 * JSON-RPC: the MCP server does.
 *
 * @throws `invalid_request` for a message that the MCP server may take for a call of another tool: a call without the name
 * of a tool, or a member `__proto__` in a message or its parameters.
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

/** Returns the first call whose tool neither `toolScopes` nor `allowAnonymous` names. */
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
 * Whether the MCP server may take a message of a JSON-RPC body for a call of another tool.
 *
 * A member `__proto__` in JSON is harmless at first. But validators that copy members one by one turn it into the prototype
 * of the copy, and the copy then inherits the name of a tool. No other name does that.
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
 * Returns the JSON-RPC message of a body, which a parser may have left as text or bytes. `undefined` if it is not JSON.
 *
 * @throws `TypeError` without a body.
 */
export function readJsonRpc(body: unknown): { readonly message: unknown } | undefined {
  if (body === undefined) {
    throw new TypeError(
      'requireToolScopes: the body must have been read. Put the check behind the parser, for example in preHandler.',
    )
  }
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return { message: body }
  try {
    return { message: JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body)) }
  } catch {
    return undefined
  }
}
