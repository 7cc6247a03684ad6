/**
 * Conversions between Node's HTTP objects and the core's plain ones, for adapters of Node frameworks.
 *
 * @packageDocumentation
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import type { AccessToken } from './contract/access-token.js'
import { type Admission, noteAdmission } from './gate/admission.js'
import type { McpGuard } from './gate/mcp-guard.js'
import { bodyAlreadyRead, type HttpRequest } from './http/http-request.js'
import type { HttpResponse } from './http/http-response.js'
import { rawHeader } from './http/raw-headers.js'
import { type ResponseWatch, respondWhile } from './http/respond-while.js'
import type { Route } from './http/route.js'
import {
  closeAfterUse,
  isMcpMethod,
  type McpFetchHandler,
  methodNotAllowedResponse,
  parseErrorResponse,
  readMcpBody,
  refuseWithoutSession,
} from './mcp/mcp-endpoint.js'
import { withAuth } from './mcp/request-context.js'
import { isBodyUnread } from './node/peek-body.js'
import { readBody } from './node/read-body.js'

export { NodeGateRequest } from './node/gate-request.js'

/** A Node request, with what frameworks add to it. */
export type NodeRequest = IncomingMessage & { originalUrl?: string; body?: unknown }

/**
 * Describes a Node request to a route. A body that a parser has read already is taken from `request.body`.
 */
export function fromNodeRequest(request: NodeRequest): HttpRequest {
  return {
    method: request.method ?? 'GET',
    url: request.originalUrl ?? request.url ?? '/',
    header: (name) => headerOf(request, name),
    headers: () => headersOf(request),
    body: bodyOf(request),
  }
}

/** The `Authorization` header; several of them joined, so that the gate refuses them. */
export function authorizationOf(request: IncomingMessage): string | undefined {
  return rawHeader(request.rawHeaders, 'authorization')
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  if (name === 'authorization') return authorizationOf(request)
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers()
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    // HTTP/2 has pseudo-headers among them, which are not fields.
    if (!name.startsWith(':')) headers.append(name, rawHeaders[i + 1] as string)
  }
  return headers
}

function bodyOf(request: NodeRequest): HttpRequest['body'] {
  if (isBodyUnread(request)) return { read: (limit) => readBody(request, limit) }
  return {
    parsed: request.body,
    async read() {
      throw bodyAlreadyRead()
    },
  }
}

/** Whatever answers requests that are given as plain data: a `Route`, a `TokenHandler`. */
export type Answering = Pick<Route, 'answer'>

/**
 * Serves one endpoint over Node's own objects: `createServer(toNodeHandler(new TokenHandler({ provider })))`. Does **not** look
 * at the path. A form that a body parser has left in `request.body` is read from there.
 *
 * The promise that the handler returns does not reject because of what the client has sent.
 */
export function toNodeHandler(
  endpoint: Answering,
): (request: NodeRequest, response: ServerResponse) => Promise<void> {
  if (typeof endpoint?.answer !== 'function')
    throw new TypeError('toNodeHandler: pass a TokenHandler, or a Route.')
  return async function answerRequest(request, response) {
    sendHttpResponse(response, await endpoint.answer(fromNodeRequest(request), request))
  }
}

/** Sends an answer of the core. Other headers, cookies, `Vary` and a CORS policy that the application has set stay. */
export function sendHttpResponse(response: ServerResponse, answer: HttpResponse): void {
  // Something else has answered meanwhile, for example a time limit of the application.
  if (response.headersSent) return
  response.statusCode = answer.status
  for (const [name, value] of Object.entries(answer.headers)) {
    if (name === 'set-cookie' || name === 'vary') response.appendHeader(name, value)
    else if (name.startsWith('access-control-') && response.hasHeader(name)) continue
    else response.setHeader(name, value)
  }
  response.end(answer.body)
}

/**
 * Makes a web `Request` of a Node request, for handlers that take one. It has no body if a parser has read it: pass
 * the parsed body along with it.
 *
 * @param origin The public origin of the application: what `Host` says is only the client's word.
 */
export function toWebRequest(request: NodeRequest, response: ServerResponse, origin: string): Request {
  return webRequestOf(request, response, origin, new AbortController())
}

/** @param aborted What tells the handler that the response is not wanted any more. */
function webRequestOf(
  request: NodeRequest,
  response: ServerResponse,
  origin: string,
  aborted: AbortController,
): Request {
  response.once('close', () => {
    if (!response.writableFinished) aborted.abort()
  })
  const method = request.method ?? 'GET'
  // A parser that has found nothing has read the stream to its end all the same.
  const hasBody = method !== 'GET' && method !== 'HEAD' && isBodyUnread(request) && !request.readableEnded
  return new Request(publicUrl(request, origin), {
    method,
    headers: headersOf(request),
    signal: aborted.signal,
    ...(hasBody ? { body: Readable.toWeb(request) as unknown as ReadableStream, duplex: 'half' } : {}),
  } as RequestInit)
}

/** Put together as text: `//host` and `https://host` in front of a path would be another origin to a parser. */
function publicUrl(request: NodeRequest, origin: string): string {
  const path = (request.originalUrl ?? request.url ?? '/').replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')
  return `${new URL(origin).origin}${path.startsWith('/') ? path : `/${path}`}`
}

/** Sends a web `Response`, streaming: each chunk leaves when it is there, and a client that goes away stops it. */
export async function sendWebResponse(response: ServerResponse, answer: Response): Promise<void> {
  response.statusCode = answer.status
  for (const [name, value] of answer.headers) {
    // It varies by what the gate says, too.
    if (name === 'vary') response.appendHeader(name, value)
    else if (name !== 'set-cookie') response.setHeader(name, value)
  }
  const cookies = answer.headers.getSetCookie()
  if (cookies.length > 0) response.appendHeader('set-cookie', cookies)
  if (answer.body === null) {
    response.end()
    return
  }
  response.flushHeaders()
  try {
    await pipeline(Readable.fromWeb(answer.body as NodeReadableStream), response)
  } catch {
    // The client went away, or the handler failed after it had begun: nothing can be said any more.
    response.destroy()
  }
}

/**
 * Notes on a request that a gate has let it pass, puts the token where both SDKs look for it, and sets what the response
 * must carry, where the application has not.
 */
export function admitNodeRequest(
  { gate, accessToken }: Admission,
  request: IncomingMessage & { auth?: AccessToken<object> | undefined },
  response: ServerResponse,
): void {
  request.auth = accessToken
  noteAdmission(request, gate, accessToken)
  const headers = gate.responseHeaders(accessToken, rawHeader(request.rawHeaders, 'origin'))
  for (const [name, value] of Object.entries(headers)) {
    if (!response.hasHeader(name)) response.setHeader(name, value)
    else if (name === 'vary') response.appendHeader(name, value)
  }
}

/** A transport over Node's objects, such as `StreamableHTTPServerTransport` of SDK v1. */
export interface McpNodeTransport {
  handleRequest(
    request: IncomingMessage & { auth?: AccessToken },
    response: ServerResponse,
    parsedBody?: unknown,
  ): Promise<void>
  close?(): Promise<void>
  /** Set by a transport that further requests will come back to. */
  readonly sessionId?: string | undefined
}

/** What `mcpHandler` of the Node adapters takes: a handler, or what connects a transport for each request. */
export type McpNodeTarget<NativeRequest> =
  | McpFetchHandler
  | ((request: NativeRequest) => McpNodeTransport | Promise<McpNodeTransport>)

/**
 * Hands a request to the MCP server, with the verified token and the parsed body where the SDKs look for them.
 *
 * @param guard Decides whether the request may be served at all.
 */
export async function serveMcp<NativeRequest>(
  target: McpNodeTarget<NativeRequest>,
  native: NativeRequest,
  request: NodeRequest & { auth?: AccessToken },
  response: ServerResponse,
  guard: McpGuard,
): Promise<void> {
  const refusal = guard.refuse(request, request.auth)
  if (refusal !== undefined || !isMcpMethod(request.method)) {
    sendHttpResponse(response, refusal ?? methodNotAllowedResponse())
    return
  }
  const watch = guard.watchOf(request, request.auth, authorizationOf(request))
  await withAuth(request.auth, () =>
    typeof target === 'function'
      ? serveTransport(target, native, request, response, watch)
      : serveHandler(target, request, response, watch),
  )
}

async function serveTransport<NativeRequest>(
  connect: (request: NativeRequest) => McpNodeTransport | Promise<McpNodeTransport>,
  native: NativeRequest,
  request: NodeRequest & { auth?: AccessToken },
  response: ServerResponse,
  watch: ResponseWatch | undefined,
): Promise<void> {
  const parsedBody = request.body
  const transport = await connect(native)
  const close = () => closeAfterUse(transport)
  if (response.destroyed) return close()
  response.once('close', close)
  const refusal = refuseWithoutSession(request.method ?? '', transport)
  if (refusal !== undefined) return sendHttpResponse(response, refusal)
  let isEnded = false
  const stop = watch?.((reason) => {
    isEnded = true
    endResponse(response, reason)
  })
  if (stop !== undefined) response.once('close', stop)
  try {
    await transport.handleRequest(request, response, parsedBody)
  } catch (error) {
    // What it could not send any more, nobody wants.
    if (!isEnded) throw error
  }
}

/** Ends a response that somebody else is writing: with a refusal, if nothing has been sent yet. */
function endResponse(response: ServerResponse, refusal: HttpResponse): void {
  // Who writes it may not have noticed yet. Without a listener, that would be an error of the process.
  response.on('error', () => {})
  if (response.headersSent) response.end()
  else sendHttpResponse(response, refusal)
}

async function serveHandler(
  handler: McpFetchHandler,
  request: NodeRequest & { auth?: AccessToken },
  response: ServerResponse,
  watch: ResponseWatch | undefined,
): Promise<void> {
  // Only what the request is called: nothing is decided by it.
  const origin = request.auth?.resource?.origin ?? 'http://localhost'
  const options = {
    ...(request.auth === undefined ? {} : { authInfo: request.auth }),
    ...(request.body === undefined ? {} : { parsedBody: request.body }),
  }
  const aborted = new AbortController()
  const outcome = await respondWhile(
    watch,
    () => handler.fetch(webRequestOf(request, response, origin, aborted), options),
    { onRefused: () => aborted.abort() },
  )
  if (outcome.refusal !== undefined) sendHttpResponse(response, outcome.refusal)
  else await sendWebResponse(response, outcome.response)
}

/**
 * The JSON body of a request to the MCP endpoint: what a parser made of it, or read and parsed here. `refusal` is the
 * answer to one that is too large or not JSON.
 */
export async function readNodeBody(
  request: NodeRequest,
): Promise<{ readonly body: unknown; readonly refusal?: HttpResponse }> {
  if (!isBodyUnread(request) || request.method !== 'POST') return { body: request.body }
  const read = await readMcpBody(bodyOf(request))
  if (read.refusal !== undefined) return { body: undefined, refusal: read.refusal }
  try {
    return { body: JSON.parse(read.text) }
  } catch {
    return { body: undefined, refusal: parseErrorResponse() }
  }
}
