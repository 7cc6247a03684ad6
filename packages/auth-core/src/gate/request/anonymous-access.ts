import type { IsAllowedOrigin } from '../../http/allowed-origins.js'
import { mcpBodyLimit } from '../../mcp/mcp-endpoint.js'
import { hasUnclearMessage, readJsonRpc } from '../../mcp/tool-scopes.js'
import { type OptionNames, refuseUnknownOptions } from '../../options/unknown-options.js'
import type { GateRequest } from './gate-request.js'

/**
 * What requests without a token may do, besides the handshake and the lists of what there is. Names and URIs are
 * compared exactly, with their case.
 */
export interface AnonymousAccess {
  /** The tools that may be called, by name. */
  readonly tools?: readonly string[] | undefined
  /** The resources that may be read, by URI. A URI of a template is listed as it is read, not as the template. */
  readonly resources?: readonly string[] | undefined
  /** The prompts that may be got, by name. */
  readonly prompts?: readonly string[] | undefined
}

const accessNames = {
  tools: true,
  resources: true,
  prompts: true,
} as const satisfies OptionNames<AnonymousAccess>

/** What every client does before it does anything: it says who it is, and asks what there is. */
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

/** The methods that name what they use, the list that the name must be in, and the parameter that it is. */
const usingMethods: ReadonlyMap<unknown, readonly [list: keyof AnonymousAccess, parameter: string]> = new Map(
  [
    ['tools/call', ['tools', 'name']],
    ['resources/read', ['resources', 'uri']],
    ['prompts/get', ['prompts', 'name']],
  ],
)

type CheckedAnonymousAccess = Readonly<Record<keyof AnonymousAccess, ReadonlySet<unknown>>>

/** @throws `TypeError` for anything but lists of names, above all for `true`. */
function checkedAnonymousAccess(access: AnonymousAccess): CheckedAnonymousAccess {
  if (typeof access !== 'object' || access === null || Array.isArray(access))
    throw new TypeError(
      'requireBearerAuth: "allowAnonymous" must name what is public, for example { tools: [\'search\'] }. ' +
        'To let requests without a token do everything, set "dangerouslyAllowAnonymousEverything".',
    )
  refuseUnknownOptions('requireBearerAuth', access, accessNames, { path: 'allowAnonymous.' })
  return {
    tools: checkedNames('tools', access.tools),
    resources: checkedNames('resources', access.resources),
    prompts: checkedNames('prompts', access.prompts),
  }
}

function checkedNames(list: keyof AnonymousAccess, names: readonly string[] = []): ReadonlySet<unknown> {
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string' && name !== ''))
    throw new TypeError(
      `requireBearerAuth: "allowAnonymous.${list}" must be a list of names, none of them empty.`,
    )
  return new Set(names)
}

/** What becomes of a request without a token: it asks for nothing but what is public, or needs a token. */
export type AnonymousVerdict =
  | 'public'
  | 'needs_token'
  /** It opens a stream or ends a session, which nobody without a token has. */
  | 'no_stream'

/** Judges requests without a token. */
export interface AnonymousRule {
  judge(request: GateRequest): AnonymousVerdict | Promise<AnonymousVerdict>
  /** Whether a tool is listed as public. */
  isPublicTool(name: string): boolean
}

/**
 * Makes the rule for requests without a token.
 *
 * @param isAllowedPage Which pages may call without one: all others could be any website, which uses the place in the
 * network that its visitor has.
 * @throws `TypeError` for options that do not say clearly what is public.
 */
export function anonymousRule(
  { allowAnonymous = false, dangerouslyAllowAnonymousEverything: everything = false }: AnonymousOptions,
  isAllowedPage: IsAllowedOrigin,
): AnonymousRule {
  if (typeof everything !== 'boolean')
    throw new TypeError('requireBearerAuth: "dangerouslyAllowAnonymousEverything" must be true or false.')
  const access = allowAnonymous === false ? undefined : checkedAnonymousAccess(allowAnonymous)
  if (everything && access !== undefined)
    throw new TypeError(
      'requireBearerAuth: "allowAnonymous" lists what is public, and "dangerouslyAllowAnonymousEverything" ' +
        'makes everything public. Keep one of them.',
    )

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

/** What is not understood is not public. */
async function judgeByAccess(
  request: GateRequest,
  access: CheckedAnonymousAccess,
): Promise<AnonymousVerdict> {
  if (request.method !== 'POST') return 'no_stream'
  // Before the body is read, also where a parser has read it: a form could say one thing, and run as JSON another.
  if (!isJson(request)) return 'needs_token'
  try {
    const body = await request.body(mcpBodyLimit)
    if (body === undefined || (isUnparsed(body) && !isPlain(request))) return 'needs_token'
    const read = readJsonRpc(body)
    return read !== undefined && isPublic(read.message, access) ? 'public' : 'needs_token'
  } catch {
    // It is too long, or the client went away: nobody knows what is in it.
    return 'needs_token'
  }
}

function isUnparsed(body: unknown): boolean {
  return typeof body === 'string' || body instanceof Uint8Array
}

function isJson(request: GateRequest): boolean {
  return contentTypeOf(request)[0]?.trim() === 'application/json'
}

/**
 * Whether the bytes of a JSON body mean the same to everyone who reads it later: a parser that knows other encodings
 * would find another message in them.
 */
function isPlain(request: GateRequest): boolean {
  const [, ...parameters] = contentTypeOf(request)
  const encoding = request.header('content-encoding') ?? 'identity'
  return (
    parameters.every((parameter) => /^ *(?:charset *= *"?utf-8"?)? *$/.test(parameter)) &&
    encoding.trim().toLowerCase() === 'identity'
  )
}

/** The media type, then its parameters. */
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
