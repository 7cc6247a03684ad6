import { OAuthError, unavailable } from '../../oauth/oauth-error.js'
import type { RefreshRejection } from '../../oauth/reasons.js'
import { sha256 } from '../../runtime/crypto.js'
import type { OAuthClient } from '../clients/client.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import { resourceOfToken, stillServedResources } from '../tokens/granted-resources.js'
import { narrowedScopes, scopePolicyOf, stillGrantedScopes } from '../tokens/granted-scopes.js'
import { discardAccessToken, tokenResponse } from '../tokens/issue-access-token.js'
import {
  type PresentedRefreshToken,
  prepareSuccessor,
  type Successor,
  storeSuccessor,
} from '../tokens/refresh-successor.js'
import { familyOfRefreshToken, refreshUse } from '../tokens/refresh-use.js'
import { endReason } from '../tokens/still-authorized.js'
import { revokeFamily } from '../tokens/token-family.js'
import type { GrantCall, IssuedTokens, PreparedGrant, TokenRequest } from './grant.js'
import { revokeReusedGrant } from './refresh-token-reuse.js'

/** Attempts of a refresh against other refreshes of the same grant, for example by several windows of a client. */
const mostAttempts = 20

/**
 * Prepares a new access token and a new refresh token for a refresh token.
 *
 * A refresh token has one successor. For `refreshGrace` seconds, and until the successor is used, presenting it again
 * returns that successor. After that, it revokes the whole family, because the server cannot tell a thief from the client.
 *
 * @throws `invalid_grant`, `invalid_scope`, `invalid_target`, or `server_error` if the user must allow more
 * @see [RFC 6749 section 6](https://www.rfc-editor.org/rfc/rfc6749.html#section-6)
 * @see [RFC 9700 section 4.14.2](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.14.2)
 */
export async function prepareRefresh(
  call: GrantCall,
  { client, form, confirmation }: TokenRequest,
): Promise<PreparedGrant> {
  const { server } = call
  const presented = await findRefreshToken(server, client, form.require('refresh_token'))
  if (presented.use.kind === 'reused') return { commit: () => refuseReuse(call, presented) }
  const family = presented.family.value
  const policy = scopePolicyOf(server, client)
  const scopes = narrowedScopes(form.get('scope'), stillGrantedScopes(family.scopes, policy), policy)
  const resources = stillServedResources(server, family.resources)
  if (resources.length === 0) throw invalidRefreshToken('refresh_token_resource_withdrawn')
  const resource = resourceOfToken(form.getAll('resource'), resources, server.resources())
  const ended = await endReason(server, family)
  if (ended === 'revoked') throw invalidRefreshToken('refresh_token_revoked')
  if (ended === 'user_refused') return { commit: () => refuseUser(call, presented) }

  const { clientId, subject } = family
  const isChallenged = await server.stepUps?.take({ familyId: presented.familyId, clientId, subject })
  if (isChallenged === true) throw needsStepUp()

  // Only the access token has the narrowed scopes: the family keeps what the user allowed.
  const terms = { scopes, resource, confirmation }
  let successor = await prepareSuccessor(server, { ...presented, use: presented.use }, terms)
  const commit = async (): Promise<IssuedTokens> => {
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      if (await storeSuccessor(server, successor)) return issuedTokens(call, successor, scopes)
      // Another request was faster. Judge this one by the new state and by when it arrived.
      const current = await findRefreshToken(server, client, presented.token, presented.presentedAt)
      if (current.use.kind === 'reused') return refuseReuse(call, current)
      if (contradicts(current, successor)) throw unavailable('store_contradicts_itself')
      successor = await prepareSuccessor(server, { ...current, use: current.use }, terms, successor)
    }
    throw unavailable('store_contended')
  }
  return { commit, discard: () => discardAccessToken(server, successor.accessToken) }
}

/** Whether the store reports a conflict without a change, or has forgotten that the refresh token was used. */
function contradicts(current: PresentedRefreshToken, { of }: Successor): boolean {
  const isUnchanged = current.family.stored === of.family.stored
  return isUnchanged || (current.use.kind === 'first' && of.use.kind === 'repeated')
}

function issuedTokens(
  { emit }: GrantCall,
  { of, refreshToken, accessToken }: Successor,
  scopes: readonly string[],
): IssuedTokens {
  const { clientId, subject } = of.family.value
  if (of.use.kind === 'repeated') emit({ type: 'refresh.repeated', clientId, subject })
  const response = tokenResponse(accessToken, scopes, refreshToken)
  return { response, familyId: of.familyId, subject, scopes }
}

/** @throws `invalid_grant` */
async function findRefreshToken(
  server: AuthorizationServer,
  client: OAuthClient,
  token: string,
  presentedAt = server.now(),
): Promise<PresentedRefreshToken> {
  const familyId = await familyOfRefreshToken(token)
  if (familyId === undefined) throw invalidRefreshToken('refresh_token_malformed')
  const family = await server.records.families.find(familyId)
  if (family?.value.refresh === undefined) throw invalidRefreshToken('refresh_token_unknown')
  if (family.value.clientId !== client.client_id) throw invalidRefreshToken('refresh_token_client_mismatch')
  const times = { now: presentedAt, grace: server.refreshGrace }
  const use = refreshUse(family.value.refresh, await sha256(token), times)
  if (use.kind === 'expired') throw invalidRefreshToken('refresh_token_expired')
  return { token, presentedAt, familyId, family, use }
}

async function refuseReuse(call: GrantCall, presented: PresentedRefreshToken): Promise<never> {
  await revokeReusedGrant(call, presented)
  throw invalidRefreshToken('refresh_token_reused')
}

async function refuseUser(
  { server, emit }: GrantCall,
  { familyId, family }: PresentedRefreshToken,
): Promise<never> {
  const { clientId, subject } = family.value
  await revokeFamily(server, familyId)
  emit({ type: 'tokens.revoked', by: 'application', clientId, subject, grantId: familyId })
  throw invalidRefreshToken('refresh_token_user_refused')
}

/**
 * Makes clients on SDK v1 start an authorization and keep their tokens, which they discard after `invalid_grant`. The
 * status is not 5xx, so that no HTTP library repeats the request.
 */
function needsStepUp(): OAuthError {
  return new OAuthError('server_error', 'The user must allow more: start a new authorization.', {
    status: 400,
    reason: 'step_up_needed',
  })
}

function invalidRefreshToken(reason: RefreshRejection): OAuthError {
  return new OAuthError('invalid_grant', 'The refresh token is invalid, expired or revoked.', {
    reason,
  })
}
