import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AccessToken } from '../contract/access-token.js'
import type { McpGuard } from '../gate/mcp-guard.js'
import type { HttpResponse } from '../http/http-response.js'
import { type ResponseWatch, respondWhile } from '../http/respond-while.js'
import {
  closeAfterUse,
  isMcpMethod,
  type McpFetchHandler,
  methodNotAllowedResponse,
  parseErrorResponse,
  readMcpBody,
  refuseWithoutSession,
} from '../mcp/mcp-endpoint.js'
import { withAuth } from '../mcp/request-context.js'
import { authorizationOf, bodyOf, type NodeRequest } from './node-request.js'
import { sendHttpResponse, sendWebResponse } from './node-response.js'
import { isBodyUnread } from './peek-body.js'
import { abortableWebRequest } from './web-request.js'

type RequestWithAuth = NodeRequest & { auth?: AccessToken }

/** A transport over Node's objects, such as `StreamableHTTPServerTransport` of SDK v1. */
export interface McpNodeTransport {
  handleRequest(
    request: IncomingMessage & { auth?: AccessToken },
    response: ServerResponse,
    parsedBody?: unknown,
  ): Promise<void>
  close?(): Promise<void>
  /** Set if later requests use the same transport. */
  readonly sessionId?: string | undefined
}

/** The target of `mcpHandler` of the Node adapters: a handler, or a function that connects a transport for a request. */
export type McpNodeTarget<NativeRequest> =
  | McpFetchHandler
  | ((request: NativeRequest) => McpNodeTransport | Promise<McpNodeTransport>)

/**
 * Passes a request to the MCP server, with the verified token and the parsed body where the SDKs look for them.
 *
 * @param guard Decides whether the request may be served.
 */
export async function serveMcp<NativeRequest>(
  target: McpNodeTarget<NativeRequest>,
  native: NativeRequest,
  request: RequestWithAuth,
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
  request: RequestWithAuth,
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
    // A transport fails if its response has been ended.
    if (!isEnded) throw error
  }
}

/** Ends a response that something else is writing. Sends the refusal if nothing has been sent. */
function endResponse(response: ServerResponse, refusal: HttpResponse): void {
  // The writer may not have noticed the end yet. Without a listener, its next write would end the process.
  response.on('error', () => {})
  if (response.headersSent) response.end()
  else sendHttpResponse(response, refusal)
}

async function serveHandler(
  handler: McpFetchHandler,
  request: RequestWithAuth,
  response: ServerResponse,
  watch: ResponseWatch | undefined,
): Promise<void> {
  // Only for the URL of the request: nothing is decided by it.
  const origin = request.auth?.resource?.origin ?? 'http://localhost'
  const options = {
    ...(request.auth === undefined ? {} : { authInfo: request.auth }),
    ...(request.body === undefined ? {} : { parsedBody: request.body }),
  }
  const aborted = new AbortController()
  const outcome = await respondWhile(
    watch,
    () => handler.fetch(abortableWebRequest(request, response, origin, aborted), options),
    { onRefused: () => aborted.abort() },
  )
  if (outcome.refusal !== undefined) sendHttpResponse(response, outcome.refusal)
  else await sendWebResponse(response, outcome.response)
}

/**
 * Returns the JSON body of a request to the MCP endpoint: as a parser has left it, or read and parsed here. `refusal` is
 * the response to a body that is too large or not JSON.
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
