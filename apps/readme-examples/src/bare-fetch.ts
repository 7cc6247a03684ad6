import { createMcpHandler } from '@modelcontextprotocol/server'
import { dispatch, protectedResponse, requireBearerAuth } from '@tollgate/auth-core'
import { auth } from './remote-auth.js'
import { createServer } from './your-server-v2.js'

const routes = auth.getRoutes('/mcp')
const authenticate = requireBearerAuth(auth)
const mcp = createMcpHandler(createServer)

export default {
  async fetch(request: Request): Promise<Response> {
    const answer = dispatch(routes, request)
    if (answer !== undefined) return answer
    const authInfo = await authenticate(request)
    if (authInfo instanceof Response) return authInfo
    return protectedResponse(request, await mcp.fetch(request, { authInfo }))
  },
}
