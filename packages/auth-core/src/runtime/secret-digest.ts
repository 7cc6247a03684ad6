import { sha256 } from './crypto.js'

/** A secret that is shorter can be guessed from its digest. */
const shortestSecret = 32

/**
 * The SHA-256 digest of a secret, for the options that take digests: so the configuration holds nothing to steal.
 *
 * For secrets of a random generator alone: 256 bits of one cannot be guessed, a password can, however it is digested.
 *
 * @throws `TypeError` for a secret of less than 32 characters.
 */
export async function secretDigest(secret: string): Promise<string> {
  if (typeof secret !== 'string' || secret.length < shortestSecret) {
    throw new TypeError(`a secret must be random, and have ${shortestSecret} characters at least`)
  }
  return sha256(secret)
}
