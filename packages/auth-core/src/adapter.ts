/**
 * What an adapter for a framework is made of. Applications do not need it: they import the main entry point.
 *
 * An adapter translates requests and responses, and decides nothing. A minor release may change what is here.
 *
 * @packageDocumentation
 */

export { type Admission, admissionOf, noteAdmission } from './gate/admission.js'
export type { BearerGate, GateAnswer } from './gate/bearer-gate.js'
export { createBearerGate } from './gate/create-bearer-gate.js'
export { createMcpGuard, type McpGuard, type McpHandlerOptions } from './gate/mcp-guard.js'
export { protectedResponseHeaders } from './gate/protected-response.js'
export { refuseToolCalls, type ToolRequest } from './gate/refuse-tool-calls.js'
export { type GateRequest, WebGateRequest } from './gate/request/gate-request.js'
export { fromWebRequest } from './http/http-request.js'
export { toWebResponse } from './http/http-response.js'
export { type RespondOutcome, type ResponseWatch, respondWhile } from './http/respond-while.js'
export {
  bodyTooLargeResponse,
  closeAfterUse,
  internalErrorResponse,
  isMcpMethod,
  type McpFetchHandler,
  type McpRequestOptions,
  type McpWebTransport,
  mcpBodyLimit,
  methodNotAllowedResponse,
  parseErrorResponse,
  readMcpBody,
  refuseWithoutSession,
} from './mcp/mcp-endpoint.js'
export { withAuth } from './mcp/request-context.js'
export { checkedToolScopes, checkedToolScopesOptions, scopesOfToolCalls } from './mcp/tool-scopes.js'
export {
  buildProtectedResourceMetadata,
  type ProtectedResource,
  type ProtectedResourceMetadata,
} from './metadata/protected-resource.js'
export { protectedResourceMetadataUrl, wellKnownPath } from './metadata/well-known-path.js'
export { callOf, type MountedPath, mountedPaths } from './mounting/mounted-paths.js'
export type { CallSite } from './options/provider-argument.js'
export { type OptionContext, type OptionNames, refuseUnknownOptions } from './options/unknown-options.js'
export { isPromiseLike } from './runtime/promise-like.js'
