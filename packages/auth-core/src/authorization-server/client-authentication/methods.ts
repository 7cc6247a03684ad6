import type { ClientAuthenticationMethod, SecretMethod } from '../clients/authentication-methods.js'
import type { ClientRecord } from '../clients/client.js'
import { matchSecret } from './client-secret.js'
import type { PresentedCredentials } from './presented-credentials.js'
import { checkAssertion, type SingleUseContext } from './private-key-jwt.js'
import { type Proof, reusableProof } from './proof.js'

/** What the checks need of the server. An `AuthorizationServer` is one. */
export type CredentialContext = SingleUseContext

type CheckCredentials<Method extends ClientAuthenticationMethod> = (
  server: CredentialContext,
  credentials: PresentedCredentials<Method>,
  record: ClientRecord,
  strictAudience: boolean,
) => Promise<Proof>

/**
 * How each method of client authentication is checked. `clients/authentication-methods.ts` has the names, and says which
 * of them a client may use.
 *
 * @see [RFC 7591 section 2](https://www.rfc-editor.org/rfc/rfc7591.html#section-2)
 */
const methods: { readonly [Method in ClientAuthenticationMethod]: CheckCredentials<Method> } = {
  none: async (_server, _credentials, record) =>
    record.secrets.length === 0 ? reusableProof : { rejected: 'client_secret' },
  client_secret_basic: checkSecret,
  client_secret_post: checkSecret,
  private_key_jwt: checkAssertion,
}

/** Checks credentials by the method that they were sent with. Does **not** check that the client may use the method. */
export function checkCredentials<Method extends ClientAuthenticationMethod>(
  server: CredentialContext,
  credentials: PresentedCredentials<Method>,
  record: ClientRecord,
  strictAudience: boolean,
): Promise<Proof> {
  return methods[credentials.method](server, credentials, record, strictAudience)
}

async function checkSecret(
  { now: clock }: Pick<CredentialContext, 'now'>,
  { secrets: readings }: PresentedCredentials<SecretMethod>,
  { client, secrets }: ClientRecord,
): Promise<Proof> {
  const now = clock()
  const { client_secret_expires_at: registeredUntil = 0 } = client
  // Only in this member does 0 mean never (RFC 7591 section 3.2.1).
  const defaultExpiry = registeredUntil === 0 ? undefined : registeredUntil
  let isCurrent = false
  let isExpired = false
  for (const reading of readings) {
    const match = await matchSecret(reading, secrets, now, defaultExpiry)
    if (match === 'current') isCurrent = true
    if (match === 'expired') isExpired = true
  }
  if (isCurrent) return reusableProof
  return { rejected: isExpired ? 'client_secret_expired' : 'client_secret' }
}
