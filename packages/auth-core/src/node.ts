/**
 * Conversions between Node's HTTP objects and the core's plain ones, for adapters of Node frameworks.
 *
 * @packageDocumentation
 */

export { admitNodeRequest, authenticateNodeRequest } from './node/node-gate.js'
export { type Answering, toNodeHandler } from './node/node-handler.js'
export { fromNodeRequest, type NodeRequest } from './node/node-request.js'
export { sendHttpResponse, sendWebResponse } from './node/node-response.js'
export { type McpNodeTarget, type McpNodeTransport, readNodeBody, serveMcp } from './node/serve-mcp.js'
export { toWebRequest } from './node/web-request.js'
