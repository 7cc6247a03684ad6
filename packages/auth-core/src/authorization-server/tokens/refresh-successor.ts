import { randomToken, sha256 } from '../../runtime/crypto.js'
import type { Stored } from '../records/collection.js'
import type { RefreshState, TokenFamily } from '../records/stored-records.js'
import {
  type AccessTokenIssuer,
  type AccessTokenTerms,
  discardAccessToken,
  type IssuedAccessToken,
  issueAccessToken,
} from './issue-access-token.js'
import { deleteOpaqueTokens } from './opaque-access-token.js'
import { nextRefreshToken, type RefreshUse } from './refresh-use.js'
import { type FamilyKeeping, familyRetention, refreshState, withAccessToken } from './token-family.js'

/** A refresh token of the client, and the family in the state in which it was found. */
export interface PresentedRefreshToken<Use extends RefreshUse = Exclude<RefreshUse, { kind: 'expired' }>> {
  readonly token: string
  readonly presentedAt: number
  readonly familyId: string
  readonly family: Stored<TokenFamily>
  readonly use: Use
}

/** A refresh token that gets a successor, unless a concurrent request changes the family first. */
export type UsableRefreshToken = PresentedRefreshToken<
  Extract<RefreshUse, { kind: 'first' } | { kind: 'repeated' }>
>

/** The tokens that follow a refresh token, before the client receives them. */
export interface Successor {
  readonly of: UsableRefreshToken
  readonly nonce: string
  readonly refreshToken: string
  readonly accessToken: IssuedAccessToken
}

/** The members of `AuthorizationServer` that creating and storing successors needs. */
export interface SuccessorKeeping extends AccessTokenIssuer, FamilyKeeping {
  readonly lifetimes: AccessTokenIssuer['lifetimes'] & FamilyKeeping['lifetimes']
  readonly records: AccessTokenIssuer['records'] & FamilyKeeping['records']
  readonly refreshGrace: number
}

/**
 * Makes the successor of a refresh token: a new one at its first use, the same one at a repeated use.
 *
 * @param before The successor that the same request made before a concurrent request changed the family.
 */
export async function prepareSuccessor(
  server: SuccessorKeeping,
  of: UsableRefreshToken,
  terms: AccessTokenTerms,
  before?: Successor,
): Promise<Successor> {
  const nonce = of.use.kind === 'repeated' ? of.use.nonce : randomToken()
  const refreshToken = await nextRefreshToken(of.token, nonce)
  // A JWT does not depend on the refresh token.
  if (before !== undefined && before.accessToken.opaque === undefined)
    return { ...before, of, nonce, refreshToken }
  if (before !== undefined) await discardAccessToken(server, before.accessToken)
  const seed = { refreshToken: of.token, nonce }
  const accessToken = await issueAccessToken(server, of.familyId, of.family.value, terms, seed)
  return { of, nonce, refreshToken, accessToken }
}

/** Stores a successor. Returns `false` if the family has changed meanwhile. */
export async function storeSuccessor(server: SuccessorKeeping, successor: Successor): Promise<boolean> {
  const { of, refreshToken, accessToken } = successor
  const { families } = server.records
  const { familyId, family } = of
  if (of.use.kind === 'repeated' && accessToken.opaque?.isNew !== true) {
    // The family may have changed while the application decided about the user. The grace period is not checked again,
    // because the client sent its request in time.
    const current = await families.find(familyId)
    return current?.value.refresh?.digest === (await sha256(refreshToken))
  }
  const refresh = of.use.kind === 'first' ? await rotated(server, successor) : family.value.refresh
  const { family: next, displaced } = withAccessToken(server, { ...family.value, refresh }, accessToken)
  if (!(await families.replace(familyId, family, next, familyRetention(server, next)))) return false
  await deleteOpaqueTokens(server, displaced)
  return true
}

async function rotated(
  server: SuccessorKeeping,
  { of, nonce, refreshToken }: Successor,
): Promise<RefreshState> {
  // Without a grace period, no repeated request needs the nonce.
  const rotation =
    server.refreshGrace === 0 ? undefined : { from: await sha256(of.token), nonce, at: server.now() }
  return refreshState(server, refreshToken, rotation)
}
