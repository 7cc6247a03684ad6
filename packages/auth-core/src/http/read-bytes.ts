import { OAuthError } from '../oauth-error.js'

/**
 * Reads a body to its end.
 *
 * @param limit In bytes.
 * @throws `invalid_request` with 413 as soon as there are more.
 */
export async function readBytes(body: AsyncIterable<Uint8Array> | null, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.byteLength
    if (size > limit) throw bodyTooLarge()
    chunks.push(chunk)
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
