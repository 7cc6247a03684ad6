import { randomToken, sha256 } from '../../crypto.js'
import type { RequestParameters } from '../../http/request-parameters.js'
import { OAuthError, unavailable } from '../../oauth-error.js'
import type { RefreshRejection } from '../../reasons.js'
import type { Stored } from '../../storage/collection.js'
import type { AuthorizationServer } from '../authorization-server.js'
import type { OAuthClient } from '../clients/client.js'
import { hintFor } from '../failure-hints.js'
import type { TokenFamily } from '../records.js'
import { familyOfRefreshToken, nextRefreshToken, type RefreshUse, refreshUse } from '../refresh-rotation.js'
import { resourceOfToken, standingResources } from '../requested-resources.js'
import { narrowedScopes, scopePolicyOf, standingScopes } from '../requested-scopes.js'
import { whyEnded } from '../standing-authorization.js'
import { familyKeptUntil, refreshState, revokeFamily } from '../token-family.js'
import { mintAccessToken, type TokenResponse, tokenResponse } from '../token-issuer.js'
import type { PreparedTokens } from './grant.js'

/** A refresh token of the client, and the family in the state in which it was found. */
interface PresentedRefreshToken {
  readonly token: string
  readonly presentedAt: number
  readonly familyId: string
  readonly family: Stored<TokenFamily>
  readonly use: Exclude<RefreshUse, { kind: 'expired' }>
}

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
  server: AuthorizationServer,
  client: OAuthClient,
  form: RequestParameters,
): Promise<PreparedTokens> {
  const presented = await findRefreshToken(server, client, form.require('refresh_token'))
  if (presented.use.kind === 'reused') return { exchange: () => refuseReuse(server, presented) }
  const { familyId } = presented
  const family = presented.family.value
  const policy = scopePolicyOf(server, client)
  const scopes = narrowedScopes(form.get('scope'), standingScopes(family.scopes, policy), policy)
  const resources = standingResources(server, family.resources)
  if (resources.length === 0) throw invalidRefreshToken('refresh_token_resource_withdrawn')
  const resource = resourceOfToken(form.getAll('resource'), resources, server.resources())
  const ended = await whyEnded(server, family)
  if (ended === 'revoked') throw invalidRefreshToken('refresh_token_revoked')
  if (ended === 'user_refused') return { exchange: () => refuseUser(server, presented) }

  // The narrowed scopes are the access token's alone: the family keeps what the user allowed.
  const accessToken = await mintAccessToken(server, familyId, family, { scopes, resource })
  const exchange = async (): Promise<TokenResponse> => {
    const refreshToken = await nextOf(server, client, presented)
    server.emit({
      type: 'tokens.issued',
      grantType: 'refresh_token',
      clientId: client.client_id,
      subject: family.subject,
      scopes,
      tokenFamily: familyId,
    })
    return tokenResponse(accessToken, scopes, refreshToken)
  }
  return { exchange }
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

/** The refresh token that is good from now on: made and stored at the first use, made once more at a repeated one. */
async function nextOf(
  server: AuthorizationServer,
  client: OAuthClient,
  presented: PresentedRefreshToken,
): Promise<string> {
  const { token, presentedAt, use } = presented
  if (use.kind === 'reused') return refuseReuse(server, presented)
  if (use.kind === 'repeated') return repeated(server, client, presented)
  const rotated = await rotate(server, presented)
  if (rotated !== undefined) return rotated
  // Another request was faster. What it did says what this one is, by when it came.
  const again = await findRefreshToken(server, client, token, presentedAt)
  if (again.use.kind === 'first') throw unavailable('store_contradicts_itself')
  return nextOf(server, client, again)
}

/**
 * The refresh token that was answered before, unless somebody has used it by now: the application may have taken its time
 * to say that the user is allowed. Not asked again is whether the grace is over, which the client could not know.
 */
async function repeated(
  server: AuthorizationServer,
  client: OAuthClient,
  { token, presentedAt }: PresentedRefreshToken,
): Promise<string> {
  const current = await findRefreshToken(server, client, token, presentedAt)
  if (current.use.kind === 'reused') return refuseReuse(server, current)
  if (current.use.kind === 'first') throw unavailable('store_contradicts_itself')
  const { clientId, subject } = current.family.value
  server.emit({ type: 'refresh.repeated', clientId, subject })
  return nextRefreshToken(token, current.use.nonce)
}

/** Makes the successor of a refresh token the one that is good, or answers `undefined` if the family has changed. */
async function rotate(
  server: AuthorizationServer,
  { token, familyId, family }: PresentedRefreshToken,
): Promise<string | undefined> {
  const nonce = randomToken()
  const successor = await nextRefreshToken(token, nonce)
  // Without grace, what could make the successor once more is not kept.
  const rotation =
    server.refreshGrace === 0 ? undefined : { from: await sha256(token), nonce, at: server.now() }
  const rotated = { ...family.value, refresh: await refreshState(server, successor, rotation) }
  const isDone = await server.records.families.replace(
    familyId,
    family,
    rotated,
    familyKeptUntil(server, rotated),
  )
  return isDone ? successor : undefined
}

async function refuseReuse(
  server: AuthorizationServer,
  { familyId, family }: PresentedRefreshToken,
): Promise<never> {
  const { clientId, subject } = family.value
  await revokeFamily(server, familyId)
  server.emit({ type: 'refresh.reused', clientId, subject, hint: hintFor('refresh_token_reused') })
  throw invalidRefreshToken('refresh_token_reused')
}

async function refuseUser(
  server: AuthorizationServer,
  { familyId, family }: PresentedRefreshToken,
): Promise<never> {
  const { clientId, subject } = family.value
  await revokeFamily(server, familyId)
  server.emit({ type: 'tokens.revoked', by: 'application', clientId, subject, tokenFamily: familyId })
  throw invalidRefreshToken('refresh_token_user_refused')
}

function invalidRefreshToken(reason: RefreshRejection): OAuthError {
  return new OAuthError('invalid_grant', 'The refresh token is invalid, expired or revoked.', {
    reason,
  })
}
