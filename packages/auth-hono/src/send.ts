import type { HttpResponse } from '@tollgate/auth-core/resource-server'
import type { Context } from 'hono'

/**
 * Sends a response of the core through the context. With a `Response` of its own, Hono would drop the headers and cookies
 * of other middleware.
 */
export function send(c: Context, { status, headers, body }: HttpResponse): Response {
  for (const [name, value] of Object.entries(headers)) {
    // A CORS policy of the application stays.
    if (name.startsWith('access-control-') && c.res.headers.has(name)) continue
    const [first = '', ...others] = [value].flat()
    c.header(name, first, { append: name === 'set-cookie' || name === 'vary' })
    for (const other of others) c.header(name, other, { append: true })
  }
  return c.newResponse(body ?? null, status as 200)
}
