import type { ClientRejection } from '../../oauth/reasons.js'
import { constantTimeEqual, sha256 } from '../../runtime/crypto.js'
import { type ClientRecord, isCurrentSecret } from '../clients/client.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import type { ClientAuthenticationMethod, PresentedCredentials } from './presented-credentials.js'
import { verifyClientAssertion } from './verify-client-assertion.js'

/** Credentials that do not prove who a client is, and why. */
interface RejectedProof {
  readonly rejected: ClientRejection
  /** Whether they may be good by what the client publishes now, which nobody can tell for the moment. */
  readonly isUncertain?: boolean
}

/** What came of checking credentials: why they do not prove that the request is from the client, or how to use them up. */
export type Proof =
  | RejectedProof
  | {
      readonly rejected?: undefined
      readonly isUncertain?: undefined
      /** Answers why they are not good any more, if somebody else has used them up. */
      readonly spend: () => Promise<ClientRejection | undefined>
    }

type Prove<Method extends ClientAuthenticationMethod> = (
  server: AuthorizationServer,
  credentials: PresentedCredentials<Method>,
  record: ClientRecord,
  strictAudience: boolean,
) => Promise<Proof>

/**
 * The ways in which clients can authenticate, by their names in metadata. Which of them a client may use says
 * {@link acceptsMethod}.
 *
 * @see [RFC 7591 section 2](https://www.rfc-editor.org/rfc/rfc7591.html#section-2)
 */
const methods: { readonly [Method in ClientAuthenticationMethod]: Prove<Method> } = {
  none: async (_server, _credentials, record) =>
    record.secrets.length === 0 ? proved : { rejected: 'client_secret' },
  client_secret_basic: proveWithSecret,
  client_secret_post: proveWithSecret,
  private_key_jwt: proveWithAssertion,
}

/** The two ways of sending a secret. */
const secretMethods: ReadonlySet<string> = new Set<ClientAuthenticationMethod>([
  'client_secret_basic',
  'client_secret_post',
])

/**
 * Whether a client may authenticate with a method: the one that it registered, or, with a secret, either way of sending it.
 * Clients that are configured by hand always send it one way, and nobody can tell them which one they registered.
 *
 * Does **not** check what the client sent.
 */
export function acceptsMethod(
  { client, isMethodPinned = false }: Pick<ClientRecord, 'client' | 'isMethodPinned'>,
  method: ClientAuthenticationMethod,
): boolean {
  const { token_endpoint_auth_method: registered } = client
  if (registered === method) return true
  return !isMethodPinned && secretMethods.has(registered) && secretMethods.has(method)
}

export const clientAuthenticationMethodNames: readonly string[] = Object.keys(methods)

/** Checks credentials with the method that they are for. */
export function proveClient<Method extends ClientAuthenticationMethod>(
  server: AuthorizationServer,
  credentials: PresentedCredentials<Method>,
  record: ClientRecord,
  strictAudience: boolean,
): Promise<Proof> {
  return methods[credentials.method](server, credentials, record, strictAudience)
}

/** A proof that can be repeated. */
const proved: Proof = { spend: async () => undefined }

/** A digest that no secret has, so that a client without one takes as long to refuse. */
const noDigest = '-'.repeat(43)

async function proveWithSecret(
  server: AuthorizationServer,
  { secrets }: PresentedCredentials<'client_secret_basic' | 'client_secret_post'>,
  record: ClientRecord,
): Promise<Proof> {
  const now = server.now()
  const { client_secret_expires_at: registeredUntil = 0 } = record.client
  // Here, and nowhere else, 0 is never (RFC 7591 section 3.2.1).
  const otherwise = registeredUntil === 0 ? undefined : registeredUntil
  let isCurrent = false
  let isExpired = false
  for (const secret of secrets) {
    const digest = await sha256(secret)
    // All of them, whichever fits: the time it takes says nothing.
    for (const expected of record.secrets.length === 0 ? [{ digest: noDigest }] : record.secrets) {
      if (!constantTimeEqual(digest, expected.digest)) continue
      if (isCurrentSecret(expected, now, otherwise)) isCurrent = true
      else isExpired = true
    }
  }
  if (isCurrent) return proved
  return { rejected: isExpired ? 'client_secret_expired' : 'client_secret' }
}

async function proveWithAssertion(
  server: AuthorizationServer,
  { assertion }: PresentedCredentials<'private_key_jwt'>,
  record: ClientRecord,
  strictAudience: boolean,
): Promise<Proof> {
  const verified = await verifyClientAssertion(server, assertion, record, strictAudience)
  if (verified.rejected !== undefined) return verified
  const { jti, usableUntil } = verified
  const { assertions } = server.records
  // Each client has names of its own: none can use up those of another.
  const use = JSON.stringify([record.client.client_id, jti])
  const replayed = 'assertion_replayed' as const
  // Who repeats what somebody else has sent is not the client, and nothing may be done or counted in its name.
  if ((await assertions.find(use)) !== undefined) return { rejected: replayed }
  return {
    spend: async () => ((await assertions.add(use, {}, usableUntil)) ? undefined : replayed),
  }
}
