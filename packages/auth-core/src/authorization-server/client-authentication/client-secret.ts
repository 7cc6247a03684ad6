import { constantTimeEqual, sha256 } from '../../runtime/crypto.js'
import { type ClientSecret, isCurrentSecret } from '../clients/client.js'

/** How a secret compares with the stored digests. */
export type SecretMatch = 'current' | 'expired' | 'none'

/** A digest that no secret has, so that a client without a secret takes as long to reject. */
const decoy: readonly ClientSecret[] = [{ digest: '-'.repeat(43) }]

/**
 * Compares a secret with all stored digests, in constant time: how long it takes does not depend on which one matches, or
 * on whether any does.
 *
 * @param now Seconds since the epoch.
 * @param defaultExpiry When digests without `expiresAt` expire. Default: never.
 * @returns `current` if one that matches has not expired.
 */
export async function matchSecret(
  secret: string,
  stored: readonly ClientSecret[],
  now: number,
  defaultExpiry?: number,
): Promise<SecretMatch> {
  const digest = await sha256(secret)
  let match: SecretMatch = 'none'
  // No early exit.
  for (const expected of stored.length === 0 ? decoy : stored) {
    if (!constantTimeEqual(digest, expected.digest)) continue
    if (isCurrentSecret(expected, now, defaultExpiry)) match = 'current'
    else if (match === 'none') match = 'expired'
  }
  return match
}
