import { OAuthError } from '../oauth/oauth-error.js'

/**
 * Reads a body to its end.
 *
 * @param limit In bytes.
 * @throws `invalid_request`: with 413 as soon as the limit is exceeded, or if the client disconnects before the end.
 */
export async function readBytes(body: AsyncIterable<Uint8Array> | null, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of body ?? []) {
      size += chunk.byteLength
      if (size > limit) throw bodyTooLarge()
      chunks.push(chunk)
    }
  } catch (cause) {
    throw cause instanceof OAuthError ? cause : bodyIncomplete(cause)
  }
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}

export function bodyTooLarge(): OAuthError {
  return new OAuthError('invalid_request', 'The body is too large.', { status: 413 })
}

/** The error for a client that disconnected. It is not a failure of this server. */
export function bodyIncomplete(cause: unknown): OAuthError {
  return new OAuthError('invalid_request', 'The body ended too early.', { reason: 'body_incomplete', cause })
}
