import { readForm } from '../../http/body.js'
import { type HttpResponse, noStoreEmpty } from '../../http/http-response.js'
import { authenticateWithinLimits } from '../client-authentication/authenticate-within-limits.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import type { ServerCall } from '../server/server-call.js'
import { familyOfRefreshToken } from '../tokens/refresh-use.js'
import { revokeFamily } from '../tokens/token-family.js'
import { familyOfAccessToken } from '../tokens/verify-access-token.js'

/**
 * The revocation endpoint. Revoking either token revokes both, and everything else of their authorization, at once: also
 * where the token itself is not good any more, because what came of the same authorization may be.
 *
 * Answers 200 whatever the token is, also for one of another client, which stays good: the answer tells nobody
 * whether a token exists.
 *
 * @see [RFC 7009 section 2](https://www.rfc-editor.org/rfc/rfc7009.html#section-2)
 */
export async function revokeToken(call: ServerCall): Promise<HttpResponse> {
  const { server } = call
  const form = await readForm(call.http)
  const { client, consume } = await authenticateWithinLimits(call, form)
  const owner = await findOwner(server, form.require('token'))
  // Where nothing ends, nothing is used up and nothing is stored: anybody could ask for that without end.
  if (owner?.clientId !== client.client_id) return noStoreEmpty(200)
  await consume()
  await revokeFamily(server, owner.familyId)
  const { clientId, familyId: grantId } = owner
  call.emit({ type: 'tokens.revoked', by: 'client', clientId, grantId })
  return noStoreEmpty(200)
}

/**
 * `token_type_hint` is only a hint, and a look at the token is as quick. A token that is not good any more names its
 * grant as well: one that has expired, or a refresh token that was rotated away.
 */
async function findOwner(
  server: AuthorizationServer,
  token: string,
): Promise<{ readonly clientId: string; readonly familyId: string } | undefined> {
  const familyId = (await familyOfRefreshToken(token)) ?? (await familyOfAccessToken(server, token))
  const family = familyId === undefined ? undefined : await server.records.families.find(familyId)
  return familyId === undefined || family === undefined
    ? undefined
    : { clientId: family.value.clientId, familyId }
}
