import type { IsAllowedOrigin } from '../../http/allowed-origins.js'
import { mcpBodyLimit } from '../../mcp/mcp-endpoint.js'
import { hasUnclearMessage, readJsonRpc } from '../../mcp/tool-scopes.js'
import { checkedOptions, type OptionTable } from '../../options/option-table.js'
import { option } from '../../options/rows.js'
import type { GateRequest } from './gate-request.js'

/**
 * What requests without a token may use, besides the handshake and the lists of tools, resources and prompts. Names and
 * URIs must match exactly, including their case.
 */
export interface AnonymousAccess {
  /** The names of tools that may be called. */
  readonly tools?: readonly string[] | undefined
  /** The URIs of resources that may be read. For a template, list each URI that may be read. */
  readonly resources?: readonly string[] | undefined
  /** The names of prompts that may be fetched. */
  readonly prompts?: readonly string[] | undefined
}

export function anonymousAccessTable() {
  return { tools: names(), resources: names(), prompts: names() } satisfies OptionTable<AnonymousAccess>
}

function names() {
  return option(
    'be a list of names, none of them empty',
    (value) => Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== ''),
  )
}

/** The option that is `AnonymousAccess` or `false`. */
export function anonymousAccess() {
  return option(
    "name what is public, for example { tools: ['search'] }. " +
      'To let requests without a token do everything, set "dangerouslyAllowAnonymousEverything"',
    (value) => value === false || (typeof value === 'object' && value !== null && !Array.isArray(value)),
  )
}

/** The methods that every client calls first: the handshake, and the lists of tools, resources and prompts. */
const handshakeAndLists: ReadonlySet<unknown> = new Set([
  'initialize',
  'server/discover',
  'ping',
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/progress',
  'notifications/roots/list_changed',
  'tools/list',
  'resources/list',
  'resources/templates/list',
  'prompts/list',
])

/** The methods that use one thing, with the list that must name it, and the parameter that names it. */
const usingMethods: ReadonlyMap<unknown, readonly [list: keyof AnonymousAccess, parameter: string]> = new Map(
  [
    ['tools/call', ['tools', 'name']],
    ['resources/read', ['resources', 'uri']],
    ['prompts/get', ['prompts', 'name']],
  ],
)

type CheckedAnonymousAccess = Readonly<Record<keyof AnonymousAccess, ReadonlySet<unknown>>>

function checkedAnonymousAccess(access: AnonymousAccess): CheckedAnonymousAccess {
  const path = 'allowAnonymous.'
  const { tools, resources, prompts } = checkedOptions('requireBearerAuth', access, anonymousAccessTable(), {
    path,
  })
  return { tools: new Set(tools), resources: new Set(resources), prompts: new Set(prompts) }
}

/** The verdict on a request without a token. */
export type AnonymousVerdict =
  | 'public'
  | 'needs_token'
  /** It opens a stream or ends a session. Requests without a token have neither. */
  | 'no_stream'

/** Judges requests without a token. */
export interface AnonymousRule {
  judge(request: GateRequest): AnonymousVerdict | Promise<AnonymousVerdict>
  /** Whether `allowAnonymous` lists a tool. */
  isPublicTool(name: string): boolean
}

/**
 * Creates the rule for requests without a token.
 *
 * @param isAllowedPage Decides which pages may call without a token. Any other page could be a website that uses the
 * network of its visitor.
 * @throws `TypeError` for invalid and unknown members of `allowAnonymous`.
 */
export function anonymousRule(
  { allowAnonymous = false, dangerouslyAllowAnonymousEverything: everything = false }: AnonymousOptions,
  isAllowedPage: IsAllowedOrigin,
): AnonymousRule {
  const access = allowAnonymous === false ? undefined : checkedAnonymousAccess(allowAnonymous)

  return {
    judge(request) {
      if (!everything && access === undefined) return 'needs_token'
      const origin = request.header('origin') ?? undefined
      if (origin !== undefined && !isAllowedPage(origin)) return 'needs_token'
      return access === undefined ? 'public' : judgeByAccess(request, access)
    },

    isPublicTool: (name) => access?.tools.has(name) === true,
  }
}

interface AnonymousOptions {
  readonly allowAnonymous?: AnonymousAccess | false | undefined
  readonly dangerouslyAllowAnonymousEverything?: boolean | undefined
}

/** A message that cannot be read in one way only is not public. */
async function judgeByAccess(
  request: GateRequest,
  access: CheckedAnonymousAccess,
): Promise<AnonymousVerdict> {
  if (request.method !== 'POST') return 'no_stream'
  // Checked even if a parser has read the body: a form could mean one message as a form, and another as JSON.
  if (!isJson(request)) return 'needs_token'
  try {
    const body = await request.body(mcpBodyLimit)
    if (body === undefined || (isUnparsed(body) && !isPlain(request))) return 'needs_token'
    const read = readJsonRpc(body)
    return read !== undefined && isPublic(read.message, access) ? 'public' : 'needs_token'
  } catch {
    // The body is too large, or the client has disconnected.
    return 'needs_token'
  }
}

function isUnparsed(body: unknown): boolean {
  return typeof body === 'string' || body instanceof Uint8Array
}

function isJson(request: GateRequest): boolean {
  return contentTypeOf(request)[0]?.trim() === 'application/json'
}

/** Whether a JSON body is uncompressed UTF-8. A parser of other encodings could read another message from its bytes. */
function isPlain(request: GateRequest): boolean {
  const [, ...parameters] = contentTypeOf(request)
  const encoding = request.header('content-encoding') ?? 'identity'
  return (
    parameters.every((parameter) => /^ *(?:charset *= *"?utf-8"?)? *$/.test(parameter)) &&
    encoding.trim().toLowerCase() === 'identity'
  )
}

/** Returns the media type, followed by its parameters. */
function contentTypeOf(request: GateRequest): string[] {
  return (request.header('content-type') ?? '').toLowerCase().split(';')
}

function isPublic(body: unknown, access: CheckedAnonymousAccess): boolean {
  const messages = Array.isArray(body) ? body : [body]
  return messages.length > 0 && !hasUnclearMessage(body) && messages.every(isPublicMessage)

  function isPublicMessage(message: unknown): boolean {
    if (typeof message !== 'object' || message === null || Array.isArray(message)) return false
    const method = own(message, 'method')
    if (handshakeAndLists.has(method)) return true
    const using = usingMethods.get(method)
    if (using === undefined) return false
    const [list, parameter] = using
    return access[list].has(own(own(message, 'params'), parameter))
  }
}

function own(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, name)?.value
    : undefined
}
