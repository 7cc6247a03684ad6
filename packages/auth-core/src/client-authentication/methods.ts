import type { ClientRecord } from '../authorization-server/clients/client.js'
import { constantTimeEqual, sha256 } from '../crypto.js'
import type { PresentedCredentials } from './presented-credentials.js'

/** Whether the credentials prove that the request is from the client. */
type Verify = (credentials: PresentedCredentials, record: ClientRecord, now: number) => Promise<boolean>

/**
 * The ways in which clients can authenticate, by their names in metadata. A client uses the one that it registered,
 * and no other.
 *
 * @see [RFC 7591 section 2](https://www.rfc-editor.org/rfc/rfc7591.html#section-2)
 */
export const clientAuthenticationMethods = {
  none: async (_credentials, record) => record.secrets.length === 0,
  client_secret_basic: verifySecret,
  client_secret_post: verifySecret,
} as const satisfies Record<PresentedCredentials['method'], Verify>

export const clientAuthenticationMethodNames = Object.keys(clientAuthenticationMethods)

/** A digest that no secret has, so that a client without one takes as long to refuse. */
const noDigest = '-'.repeat(43)

async function verifySecret(
  credentials: PresentedCredentials,
  record: ClientRecord,
  now: number,
): Promise<boolean> {
  const { client_secret_expires_at: secretsExpireAt = 0 } = record.client
  const good = record.secrets.filter(({ expiresAt = secretsExpireAt }) => expiresAt === 0 || expiresAt > now)
  let isEqual = false
  for (const secret of 'secrets' in credentials ? credentials.secrets : []) {
    const digest = await sha256(secret)
    // All of them, whichever fits: the time it takes says nothing.
    for (const expected of good.length === 0 ? [noDigest] : good.map((one) => one.digest)) {
      if (constantTimeEqual(digest, expected)) isEqual = true
    }
  }
  return isEqual
}
