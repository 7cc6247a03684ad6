import type { AccessToken } from './access-token.js'

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
}

/** The largest JSON-RPC body that is read where no parser of the application has read it, in bytes. */
export const mcpBodyLimit = 4 * 1024 * 1024

/** The answer to a body that is not JSON (JSON-RPC 2.0, section 5.1). */
export function parseErrorResponse() {
  return {
    status: 400,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify({ jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' }, id: null }),
  } as const
}
