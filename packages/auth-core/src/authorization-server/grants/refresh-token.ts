import { constantTimeEqual, sha256 } from '../../crypto.js'
import type { RequestParameters } from '../../http/request-parameters.js'
import { OAuthError } from '../../oauth-error.js'
import type { AuthorizationServer } from '../authorization-server.js'
import type { OAuthClient } from '../clients/client.js'
import { keepRegistration } from '../clients/keep-registration.js'
import type { TokenFamily } from '../records.js'
import { resourceOfToken } from '../requested-resources.js'
import { narrowedScopes } from '../requested-scopes.js'
import { mintAccessToken, revokeFamily, saveRefreshToken, tokenResponse } from '../token-issuer.js'
import type { Exchange } from './grant.js'

/**
 * Exchanges a refresh token for a new access token and a new refresh token.
 *
 * A refresh token works once. Presenting it again revokes the whole family, because nobody can tell a thief from
 * the client that they stole it from.
 *
 * @see [RFC 6749 section 6](https://www.rfc-editor.org/rfc/rfc6749.html#section-6)
 * @see [RFC 9700 section 4.14.2](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.14.2)
 */
export async function exchangeRefreshToken(
  server: AuthorizationServer,
  client: OAuthClient,
  form: RequestParameters,
): Promise<Exchange> {
  const presented = form.require('refresh_token')
  const record = (await server.records.refreshTokens.find(presented))?.value
  if (record === undefined) throw invalidRefreshToken('unknown')
  if (record.clientId !== client.client_id) throw invalidRefreshToken('client_mismatch')
  const { familyId } = record
  const found = await server.records.families.find(familyId)
  if (found === undefined) throw invalidRefreshToken('revoked')
  const family = found.value
  if (!constantTimeEqual(await sha256(presented), family.refreshDigest ?? '')) {
    return () => refuseReuse(server, familyId, family)
  }
  const scopes = narrowedScopes(form.get('scope'), family.scopes)
  const resource = resourceOfToken(form.getAll('resource'), family.resources)

  // The narrowed scopes are the access token's alone: the family keeps what the user allowed.
  const accessToken = await mintAccessToken(server, familyId, family, { scopes, resource })
  const { refreshToken, refreshDigest } = await saveRefreshToken(server, familyId, family)
  await keepRegistration(server, client.client_id)
  const rotated = { ...family, refreshDigest }
  return async function exchange() {
    if (!(await server.records.families.replace(familyId, found, rotated, family.expiresAt))) {
      return refuseReuse(server, familyId, family)
    }
    server.emit({
      type: 'tokens.issued',
      grantType: 'refresh_token',
      clientId: client.client_id,
      subject: family.subject,
      scopes,
    })
    return tokenResponse(accessToken, scopes, refreshToken)
  }
}

async function refuseReuse(
  server: AuthorizationServer,
  familyId: string,
  family: TokenFamily,
): Promise<never> {
  await revokeFamily(server, familyId)
  server.emit({ type: 'refresh.reused', clientId: family.clientId, subject: family.subject })
  throw invalidRefreshToken('reused')
}

function invalidRefreshToken(reason: string): OAuthError {
  return new OAuthError('invalid_grant', 'The refresh token is invalid, expired or revoked.', {
    reason: `refresh_token_${reason}`,
  })
}
