import type { AccessToken } from '../contract/access-token.js'
import type { RequestBody } from '../http/http-request.js'
import { type HttpResponse, noStoreJson, withHeaders } from '../http/http-response.js'
import { OAuthError } from '../oauth/oauth-error.js'

/** What an MCP handler is told besides the request. */
export interface McpRequestOptions {
  authInfo?: AccessToken
  parsedBody?: unknown
}

/** An MCP handler over web requests, such as `createMcpHandler(...)` of SDK v2. */
export interface McpFetchHandler {
  fetch(request: Request, options?: McpRequestOptions): Promise<Response>
}

/** A transport over web requests, such as `WebStandardStreamableHTTPServerTransport` of both SDKs. */
export interface McpWebTransport {
  handleRequest(request: Request, options?: McpRequestOptions): Promise<Response>
  close?(): Promise<void>
  /** Set by a transport that further requests will come back to. */
  readonly sessionId?: string | undefined
}

/**
 * The methods that an MCP endpoint knows. In exactly this spelling: methods have a case (RFC 9110 section 9.1), but
 * servers and SDKs that fold it run a `post` as a POST.
 */
const mcpMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS'])

/** Whether a method is one of the MCP endpoint. Any other is refused: nothing is known of what a server does with it. */
export function isMcpMethod(method: string | undefined): boolean {
  return method !== undefined && mcpMethods.has(method)
}

/** The largest JSON-RPC body that is read where no parser of the application has read it, in bytes. */
export const mcpBodyLimit = 4 * 1024 * 1024

/** Reads a JSON-RPC body, but does not parse it. `refusal` is the answer to one that is too large. */
export async function readMcpBody(
  body: Pick<RequestBody, 'read'>,
): Promise<{ readonly text: string; readonly refusal?: undefined } | { readonly refusal: HttpResponse }> {
  try {
    return { text: new TextDecoder().decode(await body.read(mcpBodyLimit)) }
  } catch (error) {
    if (error instanceof OAuthError && error.status === 413) return { refusal: bodyTooLargeResponse() }
    throw error
  }
}

export function bodyTooLargeResponse(): HttpResponse {
  return jsonRpcError(413, -32700, 'Parse error')
}

/** The answer to a body that is not JSON (JSON-RPC 2.0, section 5.1). */
export function parseErrorResponse(): HttpResponse {
  return jsonRpcError(400, -32700, 'Parse error')
}

/** The answer to JSON that is not a request, or not one that can be read in one way only (JSON-RPC 2.0, section 5.1). */
export function invalidRequestResponse(): HttpResponse {
  return jsonRpcError(400, -32600, 'Invalid Request')
}

/** The answer to a method that the MCP endpoint does not have. */
export function methodNotAllowedResponse(allow = 'GET, POST, DELETE'): HttpResponse {
  return withHeaders(jsonRpcError(405, -32000, 'Method not allowed'), { allow })
}

/**
 * The 405 for GET and DELETE where a transport has no session: there is nothing to listen to and nothing to end, but the
 * transport of SDK v1 would open a stream that stays silent (MCP, Streamable HTTP, section "Listening for Messages").
 */
export function refuseWithoutSession(
  method: string,
  transport: { readonly sessionId?: string | undefined },
): HttpResponse | undefined {
  const needsSession = method === 'GET' || method === 'DELETE'
  return needsSession && transport.sessionId === undefined ? methodNotAllowedResponse('POST') : undefined
}

/** The answer to a page whose origin may not call (MCP, Streamable HTTP, Security Warning). */
export function originNotAllowedResponse(): HttpResponse {
  return jsonRpcError(
    403,
    -32000,
    'Pages of this origin may not call this server. Its operator can add the origin to "allowedOrigins".',
  )
}

/** The answer to a call of a tool that the server does not have, or that nobody may call (MCP, Tools, Error Handling). */
export function unknownToolResponse(id: unknown): HttpResponse {
  const message = 'The server does not name this tool in its tool scopes, so it cannot be called.'
  return jsonRpcError(403, -32602, message, typeof id === 'string' || typeof id === 'number' ? id : null)
}

/** The answer when the MCP server has failed before it answered (JSON-RPC 2.0, section 5.1). */
export function internalErrorResponse(): HttpResponse {
  return jsonRpcError(500, -32603, 'Internal error')
}

function jsonRpcError(
  status: number,
  code: number,
  message: string,
  id: string | number | null = null,
): HttpResponse {
  return noStoreJson(status, { jsonrpc: '2.0', error: { code, message }, id })
}

/** Ends a transport that was made for one request. One with a session is left to those who come back to it. */
export function closeAfterUse(transport: {
  close?(): Promise<void>
  readonly sessionId?: string | undefined
}): void {
  if (transport.sessionId === undefined) transport.close?.().catch(() => {})
}
