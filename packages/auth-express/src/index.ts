export type { McpHandlerOptions } from '@tollgate/auth-core/adapter'
export type {
  BearerGateOptions,
  MountOptions,
  ToolScopes,
  ToolScopesOptions,
} from '@tollgate/auth-core/resource-server'
export { mcpAuthRouter, mcpAuthWellKnown } from './auth-router.js'
export { getAuth } from './get-auth.js'
export { mcpHandler } from './mcp-handler.js'
export { requireBearerAuth } from './require-bearer-auth.js'
export { requireToolScopes } from './require-tool-scopes.js'
export { routeHandler } from './route-handler.js'
