import { hintFor } from '../../events/failure-hints.js'
import type { RequestParameters } from '../../http/request-parameters.js'
import { OAuthError, unavailable } from '../../oauth/oauth-error.js'
import type { RefreshRejection } from '../../oauth/reasons.js'
import { sha256 } from '../../runtime/crypto.js'
import type { OAuthClient } from '../clients/client.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import type { ServerCall } from '../server/server-call.js'
import { resourceOfToken, standingResources } from '../tokens/granted-resources.js'
import { narrowedScopes, scopePolicyOf, standingScopes } from '../tokens/granted-scopes.js'
import { discardAccessToken, type TokenResponse, tokenResponse } from '../tokens/issue-access-token.js'
import { familyOfRefreshToken, refreshUse } from '../tokens/refresh-rotation.js'
import {
  type PresentedRefreshToken,
  prepareSuccessor,
  type Successor,
  storeSuccessor,
} from '../tokens/refresh-successor.js'
import { whyEnded } from '../tokens/still-authorized.js'
import { revokeFamily } from '../tokens/token-family.js'
import type { PreparedTokens } from './grant.js'

/** How often a refresh looks again because others of the same grant were faster: windows that want different tokens. */
const mostAttempts = 20

/**
 * Exchanges a refresh token for a new access token and a new refresh token.
 *
 * A refresh token has one successor. For `refreshGrace` seconds, and until the successor is used, presenting it again
 * returns that successor. After that, it revokes the whole family, because the server cannot tell a thief from the client.
 *
 * @see [RFC 6749 section 6](https://www.rfc-editor.org/rfc/rfc6749.html#section-6)
 * @see [RFC 9700 section 4.14.2](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.14.2)
 */
export async function exchangeRefreshToken(
  call: ServerCall,
  client: OAuthClient,
  form: RequestParameters,
): Promise<PreparedTokens> {
  const { server } = call
  const presented = await findRefreshToken(server, client, form.require('refresh_token'))
  if (presented.use.kind === 'reused') return { exchange: () => refuseReuse(call, presented) }
  const family = presented.family.value
  const policy = scopePolicyOf(server, client)
  const scopes = narrowedScopes(form.get('scope'), standingScopes(family.scopes, policy), policy)
  const resources = standingResources(server, family.resources)
  if (resources.length === 0) throw invalidRefreshToken('refresh_token_resource_withdrawn')
  const resource = resourceOfToken(form.getAll('resource'), resources, server.resources())
  const ended = await whyEnded(server, family)
  if (ended === 'revoked') throw invalidRefreshToken('refresh_token_revoked')
  if (ended === 'user_refused') return { exchange: () => refuseUser(call, presented) }

  const { clientId, subject } = family
  const isChallenged = await server.stepUps?.take({ familyId: presented.familyId, clientId, subject })
  if (isChallenged === true) throw needsStepUp()

  // The narrowed scopes are the access token's alone: the family keeps what the user allowed.
  const terms = { scopes, resource }
  let successor = await prepareSuccessor(server, { ...presented, use: presented.use }, terms)
  const exchange = async (): Promise<TokenResponse> => {
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      if (await storeSuccessor(server, successor)) return answerSuccessor(call, successor, scopes)
      // Another request was faster. What it did says what this one is, by when it came.
      const current = await findRefreshToken(server, client, presented.token, presented.presentedAt)
      if (current.use.kind === 'reused') return refuseReuse(call, current)
      if (contradicts(current, successor)) throw unavailable('store_contradicts_itself')
      successor = await prepareSuccessor(server, { ...current, use: current.use }, terms, successor)
    }
    throw unavailable('store_contended')
  }
  return { exchange, discard: () => discardAccessToken(server, successor.accessToken) }
}

/** Whether the store says that nobody was faster, or that nobody has used the refresh token after all. */
function contradicts(current: PresentedRefreshToken, { of }: Successor): boolean {
  const isUnchanged = current.family.stored === of.family.stored
  return isUnchanged || (current.use.kind === 'first' && of.use.kind === 'repeated')
}

function answerSuccessor(
  { emit }: ServerCall,
  { of, refreshToken, accessToken }: Successor,
  scopes: readonly string[],
): TokenResponse {
  const { clientId, subject } = of.family.value
  if (of.use.kind === 'repeated') emit({ type: 'refresh.repeated', clientId, subject })
  emit({
    type: 'tokens.issued',
    grantType: 'refresh_token',
    clientId,
    subject,
    scopes,
    tokenFamily: of.familyId,
  })
  return tokenResponse(accessToken, scopes, refreshToken)
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

async function refuseReuse(
  { server, emit }: ServerCall,
  { familyId, family }: PresentedRefreshToken,
): Promise<never> {
  const { clientId, subject } = family.value
  await revokeFamily(server, familyId)
  emit({ type: 'refresh.reused', clientId, subject, hint: hintFor('refresh_token_reused') })
  throw invalidRefreshToken('refresh_token_reused')
}

async function refuseUser(
  { server, emit }: ServerCall,
  { familyId, family }: PresentedRefreshToken,
): Promise<never> {
  const { clientId, subject } = family.value
  await revokeFamily(server, familyId)
  emit({ type: 'tokens.revoked', by: 'application', clientId, subject, tokenFamily: familyId })
  throw invalidRefreshToken('refresh_token_user_refused')
}

/**
 * Makes clients on SDK v1 ask the user, with their tokens in hand: at `invalid_grant` they would throw those away first. The
 * status is no 5xx, so that nothing below the client repeats the request.
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
