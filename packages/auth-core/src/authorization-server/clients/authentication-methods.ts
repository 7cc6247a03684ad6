import type { ClientRecord } from './client.js'

/** How clients can authenticate, by the names of RFC 7591 section 2. `client-authentication/methods.ts` has the checks. */
export const clientAuthenticationMethods = [
  'none',
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
] as const

export type ClientAuthenticationMethod = (typeof clientAuthenticationMethods)[number]

/** The two ways of sending a secret. */
export type SecretMethod = 'client_secret_basic' | 'client_secret_post'

const secretMethods: ReadonlySet<string> = new Set<SecretMethod>([
  'client_secret_basic',
  'client_secret_post',
])

/** Whether clients authenticate with a shared secret by this method. */
export function usesSecret(method: string): boolean {
  return secretMethods.has(method)
}

/**
 * Whether a client may authenticate with a method: the one that it registered. A client with a secret may send it in
 * either way, unless the operator pinned the method: people who configure such clients by hand cannot see which of the
 * two was registered.
 *
 * Does **not** check what the client sent.
 */
export function acceptsMethod(
  { client, isMethodPinned = false }: Pick<ClientRecord, 'client' | 'isMethodPinned'>,
  method: ClientAuthenticationMethod,
): boolean {
  const { token_endpoint_auth_method: registered } = client
  if (registered === method) return true
  return !isMethodPinned && usesSecret(registered) && usesSecret(method)
}
