import { sha256 } from './crypto.js'

/** Shorter secrets can be guessed from their digests. */
const shortestSecret = 32

/**
 * Returns the SHA-256 digest of a secret, for options that take digests, so that the configuration contains no secret.
 *
 * Use it only for random secrets: 256 random bits cannot be guessed from a digest, a password can.
 *
 * @throws `TypeError` for a secret with fewer than 32 characters.
 */
export async function secretDigest(secret: string): Promise<string> {
  if (typeof secret !== 'string' || secret.length < shortestSecret) {
    throw new TypeError(`secretDigest: "secret" must have at least ${shortestSecret} random characters.`)
  }
  return sha256(secret)
}
