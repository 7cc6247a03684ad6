import type { RequestParameters } from '../../http/request-parameters.js'
import { OAuthError } from '../../oauth/oauth-error.js'
import type { CodeRejection } from '../../oauth/reasons.js'
import { codeMemory } from '../authorization/issue-code.js'
import { isCodeVerifier, matchesCodeChallenge } from '../authorization/pkce.js'
import type { OAuthClient } from '../clients/client.js'
import type { AuthorizationCode } from '../records/stored-records.js'
import type { ServerCall } from '../server/server-call.js'
import { resourceOfToken, standingResources } from '../tokens/granted-resources.js'
import { narrowedScopes, scopePolicyOf, standingScopes } from '../tokens/granted-scopes.js'
import { mintAccessToken, type TokenResponse, tokenResponse } from '../tokens/issue-access-token.js'
import { type EndedAuthorization, whyEnded } from '../tokens/still-authorized.js'
import {
  discardFamily,
  familyKeptUntil,
  newFamily,
  revokeFamily,
  saveFamily,
} from '../tokens/token-family.js'
import type { PreparedTokens } from './grant.js'

/**
 * Exchanges an authorization code for tokens.
 *
 * A code works once. When the client that it was issued to presents it again, with the right verifier, the tokens
 * of the first time are revoked: one of the two was not the client (RFC 6749 section 4.1.2).
 *
 * @see [RFC 6749 section 4.1.3](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.3)
 */
export async function exchangeAuthorizationCode(
  call: ServerCall,
  client: OAuthClient,
  form: RequestParameters,
): Promise<PreparedTokens> {
  const { server } = call
  const code = form.require('code')
  const found = await server.records.codes.find(code)
  if (found === undefined) throw invalidCode('code_unknown')
  const record = found.value
  if (record.clientId !== client.client_id) throw invalidCode('code_client_mismatch')
  checkRedirectUri(form, record)
  await checkCodeVerifier(form, record)
  const { familyId: redeemed } = record
  if (redeemed !== undefined) return { exchange: () => refuseReplay(call, client, redeemed) }
  if (record.expiresAt <= server.now()) throw invalidCode('code_expired')
  const resources = standingResources(server, record.resources)
  if (resources.length === 0) throw invalidCode('code_resource_withdrawn')
  const resource = resourceOfToken(form.getAll('resource'), resources, server.resources())
  const policy = scopePolicyOf(server, client)
  const scopes = narrowedScopes(form.get('scope'), standingScopes(record.scopes, policy), policy)
  const ended = await whyEnded(server, record)
  if (ended !== undefined) throw invalidCode(reasonEnded[ended])

  // Nothing of this is good before the code is spent, and the code is spent only when all of it is stored.
  const { familyId, family, refreshToken } = await newFamily(server, client, record)
  const accessToken = await mintAccessToken(server, familyId, family, { scopes, resource })
  const created = { familyId, family, accessToken }
  await saveFamily(server, created, familyKeptUntil(server, family))
  const exchange = async (): Promise<TokenResponse> => {
    const spent = { ...record, familyId }
    if (!(await server.records.codes.replace(code, found, spent, record.expiresAt + codeMemory))) {
      const winner = (await server.records.codes.find(code))?.value.familyId
      if (winner === undefined) throw invalidCode('code_unknown')
      return refuseReplay(call, client, winner)
    }
    call.emit({
      type: 'tokens.issued',
      grantType: 'authorization_code',
      clientId: client.client_id,
      subject: family.subject,
      scopes,
      tokenFamily: familyId,
    })
    return tokenResponse(accessToken, scopes, refreshToken)
  }
  return { exchange, discard: () => discardFamily(server, created) }
}

/** Optional, because PKCE binds the code to the client already (OAuth 2.1); but what is sent must be right. */
function checkRedirectUri(form: RequestParameters, record: AuthorizationCode): void {
  const redirectUri = form.get('redirect_uri')
  if (redirectUri !== undefined && redirectUri !== record.redirectUri)
    throw invalidCode('code_redirect_uri_mismatch')
}

async function checkCodeVerifier(form: RequestParameters, record: AuthorizationCode): Promise<void> {
  const verifier = form.require('code_verifier')
  if (!isCodeVerifier(verifier) || !(await matchesCodeChallenge(verifier, record.codeChallenge))) {
    throw invalidCode('code_code_verifier_mismatch')
  }
}

async function refuseReplay(
  { server, emit }: ServerCall,
  client: OAuthClient,
  familyId: string,
): Promise<never> {
  await revokeFamily(server, familyId)
  emit({ type: 'code.replayed', clientId: client.client_id })
  throw invalidCode('code_replayed')
}

const reasonEnded = {
  revoked: 'code_revoked',
  user_refused: 'code_user_refused',
} as const satisfies Record<EndedAuthorization, CodeRejection>

function invalidCode(reason: CodeRejection): OAuthError {
  return new OAuthError('invalid_grant', 'The authorization code is invalid, expired or was used already.', {
    reason,
  })
}
