import { readForm } from '../../http/body.js'
import { type HttpResponse, noStoreEmpty } from '../../http/http-response.js'
import { authenticateWithinLimits } from '../client-authentication/authenticate-within-limits.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import type { ServerCall } from '../server/server-call.js'
import { familyOfRefreshToken } from '../tokens/refresh-use.js'
import { revokeFamily } from '../tokens/token-family.js'
import { familyOfAccessToken } from '../tokens/verify-access-token.js'

/**
 * The revocation endpoint: revokes the grant of a token, with all its access and refresh tokens.
 *
 * Works for expired and rotated tokens as well, because other tokens of the grant may be valid. Responds 200 to every
 * token, including those of other clients, which it does **not** revoke: the response reveals nothing about the token.
 *
 * @see [RFC 7009 section 2](https://www.rfc-editor.org/rfc/rfc7009.html#section-2)
 */
export async function revokeToken(call: ServerCall): Promise<HttpResponse> {
  const { server } = call
  const form = await readForm(call.http)
  const { client, consume } = await authenticateWithinLimits(call, form)
  const owner = await findOwner(server, form.require('token'))
  // Without a grant to revoke, no assertion is consumed: anyone could fill the store with such requests.
  if (owner?.clientId !== client.client_id) return noStoreEmpty(200)
  await consume()
  await revokeFamily(server, owner.familyId)
  const { clientId, familyId: grantId } = owner
  call.emit({ type: 'tokens.revoked', by: 'client', clientId, grantId })
  return noStoreEmpty(200)
}

/**
 * Finds the grant of a token, even if the token is expired or was rotated. Ignores `token_type_hint`, because the token
 * itself shows its type.
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
