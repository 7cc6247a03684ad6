import type { Context } from 'hono'

/**
 * Returns the body of a request that other middleware has read through Hono: the parsed form, or the text of any other
 * media type, which `mcpHandler` parses, too. `undefined` if the body was read in another way.
 */
export async function keptBody(c: Context): Promise<unknown> {
  const isForm = c.req.header('content-type')?.toLowerCase().startsWith('application/x-www-form-urlencoded')
  try {
    return isForm === true ? await c.req.parseBody({ all: true }) : await c.req.text()
  } catch {
    return undefined
  }
}
