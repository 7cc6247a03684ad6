export type { McpHandlerOptions } from '@tollgate/auth-core/adapter'
export type {
  BearerGateOptions,
  MountOptions,
  ToolScopes,
  ToolScopesOptions,
} from '@tollgate/auth-core/resource-server'
export { type McpAuthOptions, mcpAuth, mcpAuthWellKnown } from './auth-plugin.js'
export { getAuth } from './get-auth.js'
export { mcpHandler } from './mcp-handler.js'
export { type BearerAuthHook, requireBearerAuth } from './require-bearer-auth.js'
export { requireToolScopes, type ToolScopesHook } from './require-tool-scopes.js'
export { type RouteHandlerOptions, routeHandler } from './route-handler.js'
