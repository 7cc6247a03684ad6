import type { Clock } from '../../runtime/clock.js'
import { sha256 } from '../../runtime/crypto.js'
import type { OAuthClient } from '../clients/client.js'
import type { Lifetimes } from '../records/lifetimes.js'
import type { Records } from '../records/records.js'
import type { GrantedAuthorization, RefreshState, Rotation, TokenFamily } from '../records/stored-records.js'
import { discardAccessToken, type IssuedAccessToken } from './issue-access-token.js'
import { withOpaqueToken } from './opaque-access-token.js'
import type { RecentRevocations } from './recent-revocations.js'
import { newRefreshToken } from './refresh-use.js'

/** Where token families are. An `AuthorizationServer` has them. */
interface FamilyStorage {
  readonly records: Pick<Records, 'families'>
}

/** The members of `AuthorizationServer` that creating and storing token families needs. */
export interface FamilyKeeping {
  readonly records: Pick<Records, 'families' | 'accessTokens'>
  readonly lifetimes: Pick<Lifetimes, 'accessToken' | 'refreshToken' | 'refreshTokenIdle'>
  readonly now: Clock
}

/** The members of `AuthorizationServer` that revoking token families needs. */
export interface FamilyRevocation extends FamilyStorage {
  readonly recentRevocations: RecentRevocations
}

/** Creates the token family of an authorization. Its tokens are valid once the family is stored. */
export async function newFamily(
  server: Omit<FamilyKeeping, 'records'> & { readonly staticClients: { has(clientId: string): boolean } },
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

/** Whether the client is registered to use refresh tokens. */
function mayRefresh(client: OAuthClient): boolean {
  return client.grant_types.includes('refresh_token')
}

/** Returns what a family stores of its current refresh token. */
export async function refreshState(
  server: Pick<FamilyKeeping, 'lifetimes' | 'now'>,
  token: string,
  rotation?: Rotation,
): Promise<RefreshState> {
  const expiresAt = server.now() + server.lifetimes.refreshTokenIdle
  return { digest: await sha256(token), expiresAt, rotation }
}

/** Adds an access token to a family. Returns the opaque tokens that it displaces. */
export function withAccessToken(
  server: Pick<FamilyKeeping, 'now'>,
  family: TokenFamily,
  { opaque }: Pick<IssuedAccessToken, 'opaque'>,
): { readonly family: TokenFamily; readonly displaced: readonly string[] } {
  if (opaque === undefined) return { family, displaced: [] }
  const { resources, opaqueTokens = [] } = family
  const limits = { resources: resources.length, now: server.now() }
  const { kept, displaced } = withOpaqueToken(opaqueTokens, opaque, limits)
  return { family: { ...family, opaqueTokens: kept }, displaced }
}

/** Returns until when a family is stored: until its last token expires, if its refresh token is not used. */
export function familyRetention(
  server: Pick<FamilyKeeping, 'lifetimes' | 'now'>,
  { expiresAt, refresh }: TokenFamily,
): number {
  const lastUse = Math.max(server.now() + server.lifetimes.accessToken, refresh?.expiresAt ?? 0)
  return Math.min(expiresAt, lastUse)
}

/** A new family, and its first access token. */
export interface NewFamily {
  readonly familyId: string
  readonly family: TokenFamily
  readonly accessToken: IssuedAccessToken
}

/**
 * Stores a new family before its client receives a token.
 *
 * @throws `OAuthError` with the status 503 when the store is down. Removes what was stored, if possible.
 */
export async function saveFamily(
  server: FamilyKeeping,
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
    // The store may have saved the family and failed afterwards.
    await discardFamily(server, created)
    throw error
  }
}

/**
 * Removes a family of which no client has a token. If the store fails, the family stays until it expires, and an event
 * reports the failure.
 */
export async function discardFamily(
  server: Pick<FamilyKeeping, 'records'>,
  { familyId, accessToken }: Omit<NewFamily, 'family'>,
): Promise<void> {
  await Promise.all([
    server.records.families.delete(familyId).catch(() => {}),
    discardAccessToken(server, accessToken),
  ])
}

/** Revokes every token of a family: immediately here, within `revocationLag` in other processes. May be repeated. */
export async function revokeFamily(server: FamilyRevocation, familyId: string): Promise<void> {
  server.recentRevocations.add(familyId)
  await server.records.families.delete(familyId)
  // Again: a verification that began before the deletion may have found the family.
  server.recentRevocations.add(familyId)
}
