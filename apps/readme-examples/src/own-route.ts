import { OAuthProvider, type Route, toRoute } from '@tollgate/auth-core'

export class ProviderWithStatus extends OAuthProvider {
  override getRoutes(mcpPath?: string | null): Route[] {
    const baseUrl = this.baseUrl ?? ''
    const { pathname } = new URL(`${baseUrl}/status`)
    const status = toRoute(() => Response.json({ ok: true }), { path: pathname, methods: ['GET'], baseUrl })
    return [...super.getRoutes(mcpPath), status]
  }
}
