import type { Context } from 'hono'

/**
 * The body of a request that other middleware has read, as Hono keeps it: what is sent as a form, or the text of
 * everything else, which is also what `mcpHandler` parses. `undefined` if it was not read through Hono.
 */
export async function keptBody(c: Context): Promise<unknown> {
  const isForm = c.req.header('content-type')?.toLowerCase().startsWith('application/x-www-form-urlencoded')
  try {
    return isForm === true ? await c.req.parseBody({ all: true }) : await c.req.text()
  } catch {
    return undefined
  }
}
