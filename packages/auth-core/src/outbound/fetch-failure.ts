import { TooManyFetches } from './fetch-slots.js'
import { NotFound } from './not-found.js'

/**
 * The error of a fetch with the URL in its message. Runtimes only say `fetch failed`, with the reason in `cause`.
 */
export function failureAt(url: string, error: unknown): Error {
  const isNamed = error instanceof Error && error.message.includes(url)
  if (isNamed || error instanceof NotFound || error instanceof TooManyFetches) return error
  return new Error(`${url}: ${reasonOf(error)}`, { cause: error })
}

function reasonOf(error: unknown): string {
  const { name, message, cause } = (error ?? {}) as { name?: unknown; message?: unknown; cause?: unknown }
  if (name === 'TimeoutError') return 'no response in time'
  const { code } = (cause ?? {}) as { code?: unknown }
  const said = typeof message === 'string' && message !== '' ? message : 'failed'
  return typeof code === 'string' ? `${said} (${code})` : said
}
