import { hintFor } from '../../events/failure-hints.js'
import type { PresentedRefreshToken } from '../tokens/refresh-successor.js'
import { revokeFamily } from '../tokens/token-family.js'
import type { GrantCall } from './grant.js'

/**
 * Revokes the whole grant of a refresh token that was used again, because the server cannot tell a thief from the client.
 *
 * @see [RFC 9700 section 4.14.2](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.14.2)
 */
export async function revokeReusedGrant(
  { server, emit }: GrantCall,
  { familyId, family }: PresentedRefreshToken,
): Promise<void> {
  const { clientId, subject } = family.value
  await revokeFamily(server, familyId)
  emit({ type: 'refresh.reused', clientId, subject, hint: hintFor('refresh_token_reused') })
}
