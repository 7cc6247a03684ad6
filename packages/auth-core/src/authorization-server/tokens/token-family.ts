import { sha256 } from '../../runtime/crypto.js'
import type { OAuthClient } from '../clients/client.js'
import type { GrantedAuthorization, RefreshState, Rotation, TokenFamily } from '../records/stored-records.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import { discardAccessToken, type MintedAccessToken } from './issue-access-token.js'
import { withOpaqueToken } from './opaque-access-token.js'
import { newRefreshToken } from './refresh-rotation.js'

/** Begins the family of the tokens that an authorization leads to. Stores nothing: until it is saved, it is not good. */
export async function newFamily(
  server: AuthorizationServer,
  client: OAuthClient,
  granted: GrantedAuthorization,
): Promise<{ familyId: string; family: TokenFamily; refreshToken: string | undefined }> {
  const { familyId, token } = await newRefreshToken()
  const { clientId, subject, scopes, resources, claims, authorizedAt, authenticatedAt, marks } = granted
  const ofStaticClient = server.staticClients.has(clientId)
  const authorization = {
    clientId,
    subject,
    scopes,
    resources,
    claims,
    authorizedAt,
    authenticatedAt,
    marks,
    ofStaticClient,
  }
  const { lifetimes } = server
  if (!mayRefresh(client)) {
    const expiresAt = server.now() + lifetimes.accessToken
    return { familyId, family: { ...authorization, expiresAt }, refreshToken: undefined }
  }
  const expiresAt = server.now() + lifetimes.refreshToken
  const refresh = await refreshState(server, token)
  return { familyId, family: { ...authorization, expiresAt, refresh }, refreshToken: token }
}

/** Whether the client can use refresh tokens: one that cannot is not given any. */
function mayRefresh(client: OAuthClient): boolean {
  return client.grant_types.includes('refresh_token')
}

/** What a family knows of a refresh token that is good from now. */
export async function refreshState(
  server: AuthorizationServer,
  token: string,
  rotation?: Rotation,
): Promise<RefreshState> {
  const expiresAt = server.now() + server.lifetimes.refreshTokenIdle
  return { digest: await sha256(token), expiresAt, rotation }
}

/** A family that remembers one more access token, and the opaque tokens that it does not keep for that. */
export function withAccessToken(
  server: AuthorizationServer,
  family: TokenFamily,
  { opaque }: Pick<MintedAccessToken, 'opaque'>,
): { readonly family: TokenFamily; readonly displaced: readonly string[] } {
  if (opaque === undefined) return { family, displaced: [] }
  const { resources, opaqueTokens = [] } = family
  const limits = { resources: resources.length, now: server.now() }
  const { kept, displaced } = withOpaqueToken(opaqueTokens, opaque, limits)
  return { family: { ...family, opaqueTokens: kept }, displaced }
}

/** How long a family is kept: no longer than its access token of now, if nobody uses its refresh token. */
export function familyKeptUntil(server: AuthorizationServer, { expiresAt, refresh }: TokenFamily): number {
  const lastUse = Math.max(server.now() + server.lifetimes.accessToken, refresh?.expiresAt ?? 0)
  return Math.min(expiresAt, lastUse)
}

/** A family that is new, and its first access token. */
export interface NewFamily {
  readonly familyId: string
  readonly family: TokenFamily
  readonly accessToken: MintedAccessToken
}

/**
 * Stores a new family, before anybody has a token of it.
 *
 * @throws when the store is down. Then nothing is left, as far as the store can still be told.
 */
export async function saveFamily(
  server: AuthorizationServer,
  created: NewFamily,
  keptUntil: number,
): Promise<void> {
  const { familyId, family, accessToken } = created
  try {
    await server.records.families.save(
      familyId,
      withAccessToken(server, family, accessToken).family,
      keptUntil,
    )
  } catch (error) {
    // Perhaps only the answer was lost.
    await discardFamily(server, created)
    throw error
  }
}

/**
 * Removes a family that nobody was given a token of. If the store fails, which is told by an event, it stays until it
 * ends: of use to nobody.
 */
export async function discardFamily(
  server: AuthorizationServer,
  { familyId, accessToken }: Omit<NewFamily, 'family'>,
): Promise<void> {
  await Promise.all([
    server.records.families.delete(familyId).catch(() => {}),
    discardAccessToken(server, accessToken),
  ])
}

/** Revokes every token of a family: here at once, elsewhere within `revocationLag`. May be repeated. */
export async function revokeFamily(server: AuthorizationServer, familyId: string): Promise<void> {
  server.recentRevocations.add(familyId)
  await server.records.families.delete(familyId)
  // Once more: a verification that began while the store was busy may have found the family still there.
  server.recentRevocations.add(familyId)
}
