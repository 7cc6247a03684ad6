export type { McpHandlerOptions } from '@tollgate/auth-core/adapter'
export type {
  BearerGateOptions,
  MountOptions,
  ToolScopes,
  ToolScopesOptions,
} from '@tollgate/auth-core/resource-server'
export { mcpAuthRoutes, mcpAuthWellKnown } from './auth-routes.js'
export { type AuthVariables, getAuth } from './get-auth.js'
export { type McpTarget, mcpHandler } from './mcp-handler.js'
export { requireBearerAuth } from './require-bearer-auth.js'
export { requireToolScopes } from './require-tool-scopes.js'
export { routeHandler } from './route-handler.js'
