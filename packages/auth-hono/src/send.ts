import type { HttpResponse } from '@tollgate/auth-core/resource-server'
import type { Context } from 'hono'

/**
 * Sends an answer of the core through the context: beside a `Response` of our own, Hono would drop headers and cookies
 * that other middleware has set.
 */
export function send(c: Context, { status, headers, body }: HttpResponse): Response {
  for (const [name, value] of Object.entries(headers)) {
    // A CORS policy of the application is the application's.
    if (name.startsWith('access-control-') && c.res.headers.has(name)) continue
    const [first = '', ...others] = [value].flat()
    c.header(name, first, { append: name === 'set-cookie' || name === 'vary' })
    for (const other of others) c.header(name, other, { append: true })
  }
  return c.newResponse(body ?? null, status as 200)
}
