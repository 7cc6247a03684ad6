import type { ClientRecord } from '../clients/client.js'
import type { Records } from '../records/records.js'
import type { PresentedCredentials } from './presented-credentials.js'
import type { Proof } from './proof.js'
import { type AssertionContext, verifyClientAssertion } from './verify-client-assertion.js'

/** What single-use assertions need besides. An `AuthorizationServer` is one. */
export interface SingleUseContext extends AssertionContext {
  readonly records: Pick<Records, 'assertions'>
}

/**
 * Checks an assertion that a client signed, and that nobody has used it before. It counts as used when the proof is
 * consumed.
 *
 * @throws `temporarily_unavailable` if the client's keys cannot be fetched.
 * @see [RFC 7523 section 3](https://www.rfc-editor.org/rfc/rfc7523.html#section-3)
 */
export async function checkAssertion(
  server: SingleUseContext,
  { assertion }: PresentedCredentials<'private_key_jwt'>,
  record: ClientRecord,
  strictAudience: boolean,
): Promise<Proof> {
  const verified = await verifyClientAssertion(server, assertion, record, strictAudience)
  if (verified.rejected !== undefined) return verified
  const { jti, usableUntil } = verified
  const { assertions } = server.records
  // With the client ID: no client can use up the `jti` of another.
  const use = JSON.stringify([record.client.client_id, jti])
  // Rejected now, not only when it is consumed: nothing may be done or counted in the name of the client whose assertion
  // was copied.
  if ((await assertions.find(use)) !== undefined) return { rejected: 'assertion_replayed' }
  return {
    consume: async () => ((await assertions.add(use, {}, usableUntil)) ? undefined : 'assertion_replayed'),
  }
}
