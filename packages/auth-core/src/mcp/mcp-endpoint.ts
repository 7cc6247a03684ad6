import type { AccessToken } from '../contract/access-token.js'
import type { RequestBody } from '../http/http-request.js'
import { type HttpResponse, noStoreJson, withHeaders } from '../http/http-response.js'
import { OAuthError } from '../oauth/oauth-error.js'

/** What an MCP handler gets besides the request. */
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
  /** Set if later requests use the same transport. */
  readonly sessionId?: string | undefined
}

/**
 * The methods of an MCP endpoint, in exactly this spelling. Methods are case-sensitive (RFC 9110 section 9.1), but some
 * servers and SDKs run a `post` as a POST.
 */
const mcpMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS'])

/** Whether a method belongs to the MCP endpoint. Others are refused, because servers may do anything with them. */
export function isMcpMethod(method: string | undefined): boolean {
  return method !== undefined && mcpMethods.has(method)
}

/** The largest JSON-RPC body that is read if no parser of the application has read it. In bytes. */
export const mcpBodyLimit = 4 * 1024 * 1024

/** Reads a JSON-RPC body. Does **not** parse it. `refusal` is the response to a body that is too large. */
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

/** The response to a body that is not JSON (JSON-RPC 2.0, section 5.1). */
export function parseErrorResponse(): HttpResponse {
  return jsonRpcError(400, -32700, 'Parse error')
}

/** The response to JSON that is not a request, or is ambiguous (JSON-RPC 2.0, section 5.1). */
export function invalidRequestResponse(): HttpResponse {
  return jsonRpcError(400, -32600, 'Invalid Request')
}

/** The response to a method that the MCP endpoint does not have. */
export function methodNotAllowedResponse(allow = 'GET, POST, DELETE'): HttpResponse {
  return withHeaders(jsonRpcError(405, -32000, 'Method not allowed'), { allow })
}

/**
 * Returns the 405 for GET and DELETE if the transport has no session. The transport of SDK v1 would open a stream that
 * stays silent (MCP, Streamable HTTP, section "Listening for Messages").
 */
export function refuseWithoutSession(
  method: string,
  transport: { readonly sessionId?: string | undefined },
): HttpResponse | undefined {
  const needsSession = method === 'GET' || method === 'DELETE'
  return needsSession && transport.sessionId === undefined ? methodNotAllowedResponse('POST') : undefined
}

/** The response to a page whose origin may not call (MCP, Streamable HTTP, Security Warning). */
export function originNotAllowedResponse(): HttpResponse {
  return jsonRpcError(
    403,
    -32000,
    'Pages of this origin may not call this server. Its operator can add the origin to "allowedOrigins".',
  )
}

/** The response to a call of a tool that no table names (MCP, Tools, Error Handling). */
export function unknownToolResponse(id: unknown): HttpResponse {
  const message = 'The server does not name this tool in its tool scopes, so it cannot be called.'
  return jsonRpcError(403, -32602, message, typeof id === 'string' || typeof id === 'number' ? id : null)
}

/** The response if the MCP server fails before it has responded (JSON-RPC 2.0, section 5.1). */
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

/** Closes a transport that was connected for one request. A transport with a session stays open for later requests. */
export function closeAfterUse(transport: {
  close?(): Promise<void>
  readonly sessionId?: string | undefined
}): void {
  if (transport.sessionId === undefined) transport.close?.().catch(() => {})
}
