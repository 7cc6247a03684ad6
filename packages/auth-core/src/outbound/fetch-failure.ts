import { TooManyFetches } from './fetch-slots.js'
import { NotFound } from './not-found.js'

/**
 * What a fetch failed with, as an error whose message names the URL: that of the runtime is `fetch failed`, and the reason is
 * in its cause.
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
