import type { RequestParameters } from '../../http/request-parameters.js'
import { OAuthError } from '../../oauth/oauth-error.js'
import type { CodeRejection } from '../../oauth/reasons.js'
import { hasCodeVerifier } from '../authorization/pkce.js'
import type { OAuthClient } from '../clients/client.js'
import type { AuthorizationCode } from '../records/stored-records.js'
import { codeReplayWindow } from '../records/stored-records.js'
import { resourceOfToken, stillServedResources } from '../tokens/granted-resources.js'
import { narrowedScopes, scopePolicyOf, stillGrantedScopes } from '../tokens/granted-scopes.js'
import { issueAccessToken, tokenResponse } from '../tokens/issue-access-token.js'
import { type EndedAuthorization, endReason } from '../tokens/still-authorized.js'
import {
  discardFamily,
  familyRetention,
  newFamily,
  revokeFamily,
  saveFamily,
} from '../tokens/token-family.js'
import type { GrantCall, IssuedTokens, PreparedGrant, TokenRequest } from './grant.js'

/**
 * Prepares the tokens for an authorization code.
 *
 * A code works once. If its client presents it again with the right verifier, the tokens of the first time are revoked,
 * because one of the two presenters was not the client (RFC 6749 section 4.1.2).
 *
 * @throws `invalid_grant`, `invalid_scope` or `invalid_target`
 * @see [RFC 6749 section 4.1.3](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.3)
 */
export async function prepareCodeExchange(
  call: GrantCall,
  { client, form, confirmation }: TokenRequest,
): Promise<PreparedGrant> {
  const { server } = call
  const code = form.require('code')
  const found = await server.records.codes.find(code)
  if (found === undefined) throw invalidCode('code_unknown')
  const record = found.value
  if (record.clientId !== client.client_id) throw invalidCode('code_client_mismatch')
  checkRedirectUri(form, record)
  if (!(await hasCodeVerifier(form, record.codeChallenge))) throw invalidCode('code_code_verifier_mismatch')
  const { familyId: redeemed } = record
  if (redeemed !== undefined) return { commit: () => refuseReplay(call, client, redeemed) }
  if (record.expiresAt <= server.now()) throw invalidCode('code_expired')
  const resources = stillServedResources(server, record.resources)
  if (resources.length === 0) throw invalidCode('code_resource_withdrawn')
  const resource = resourceOfToken(form.getAll('resource'), resources, server.resources())
  const policy = scopePolicyOf(server, client)
  const scopes = narrowedScopes(form.get('scope'), stillGrantedScopes(record.scopes, policy), policy)
  const ended = await endReason(server, record)
  if (ended !== undefined) throw invalidCode(reasonEnded[ended])

  // The tokens are valid once the code is redeemed, and the code is redeemed once all of them are stored.
  const { familyId, family, refreshToken } = await newFamily(server, client, record)
  const accessToken = await issueAccessToken(server, familyId, family, { scopes, resource, confirmation })
  const created = { familyId, family, accessToken }
  await saveFamily(server, created, familyRetention(server, family))
  const commit = async (): Promise<IssuedTokens> => {
    const redeemedCode = { ...record, familyId }
    if (
      !(await server.records.codes.replace(code, found, redeemedCode, record.expiresAt + codeReplayWindow))
    ) {
      const winner = (await server.records.codes.find(code))?.value.familyId
      if (winner === undefined) throw invalidCode('code_unknown')
      return refuseReplay(call, client, winner)
    }
    const { subject } = family
    return { response: tokenResponse(accessToken, scopes, refreshToken), familyId, subject, scopes }
  }
  return { commit, discard: () => discardFamily(server, created) }
}

/** The parameter is optional, because PKCE already binds the code to the client (OAuth 2.1). */
function checkRedirectUri(form: RequestParameters, record: AuthorizationCode): void {
  const redirectUri = form.get('redirect_uri')
  if (redirectUri !== undefined && redirectUri !== record.redirectUri)
    throw invalidCode('code_redirect_uri_mismatch')
}

async function refuseReplay(
  { server, emit }: GrantCall,
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
  return new OAuthError('invalid_grant', 'The authorization code is invalid, expired or already used.', {
    reason,
  })
}
