import { randomToken, sha256 } from '../../runtime/crypto.js'
import type { Stored } from '../records/collection.js'
import type { RefreshState, TokenFamily } from '../records/stored-records.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import {
  type AccessTokenTerms,
  discardAccessToken,
  type MintedAccessToken,
  mintAccessToken,
} from './issue-access-token.js'
import { deleteOpaqueTokens } from './opaque-access-token.js'
import { nextRefreshToken, type RefreshUse } from './refresh-rotation.js'
import { familyKeptUntil, refreshState, withAccessToken } from './token-family.js'

/** A refresh token of the client, and the family in the state in which it was found. */
export interface PresentedRefreshToken<Use extends RefreshUse = Exclude<RefreshUse, { kind: 'expired' }>> {
  readonly token: string
  readonly presentedAt: number
  readonly familyId: string
  readonly family: Stored<TokenFamily>
  readonly use: Use
}

/** One that is answered with tokens, if nothing comes between. */
export type UsableRefreshToken = PresentedRefreshToken<
  Extract<RefreshUse, { kind: 'first' } | { kind: 'repeated' }>
>

/** What comes after a refresh token: made, and not answered yet. */
export interface Successor {
  readonly of: UsableRefreshToken
  readonly nonce: string
  readonly refreshToken: string
  readonly accessToken: MintedAccessToken
}

/**
 * Makes what comes after a refresh token: new at its first use, and once more at a repeated one.
 *
 * @param before What was made for the same request, which another one has overtaken.
 */
export async function prepareSuccessor(
  server: AuthorizationServer,
  of: UsableRefreshToken,
  terms: AccessTokenTerms,
  before?: Successor,
): Promise<Successor> {
  const nonce = of.use.kind === 'repeated' ? of.use.nonce : randomToken()
  const refreshToken = await nextRefreshToken(of.token, nonce)
  // A JWT fits whichever refresh token it is answered with.
  if (before !== undefined && before.accessToken.opaque === undefined)
    return { ...before, of, nonce, refreshToken }
  if (before !== undefined) await discardAccessToken(server, before.accessToken)
  const seed = { refreshToken: of.token, nonce }
  const accessToken = await mintAccessToken(server, of.familyId, of.family.value, terms, seed)
  return { of, nonce, refreshToken, accessToken }
}

/** Makes a successor the one that counts. Answers `false` if the family has changed meanwhile. */
export async function storeSuccessor(server: AuthorizationServer, successor: Successor): Promise<boolean> {
  const { of, refreshToken, accessToken } = successor
  const { families } = server.records
  const { familyId, family } = of
  if (of.use.kind === 'repeated' && accessToken.opaque?.isNew !== true) {
    // The application may have taken its time to say that the user is allowed. Not asked again is whether the grace is over,
    // which the client could not know.
    const current = await families.find(familyId)
    return current?.value.refresh?.digest === (await sha256(refreshToken))
  }
  const refresh = of.use.kind === 'first' ? await rotated(server, successor) : family.value.refresh
  const { family: next, displaced } = withAccessToken(server, { ...family.value, refresh }, accessToken)
  if (!(await families.replace(familyId, family, next, familyKeptUntil(server, next)))) return false
  await deleteOpaqueTokens(server, displaced)
  return true
}

async function rotated(
  server: AuthorizationServer,
  { of, nonce, refreshToken }: Successor,
): Promise<RefreshState> {
  // Without grace, what could make the successor once more is not kept.
  const rotation =
    server.refreshGrace === 0 ? undefined : { from: await sha256(of.token), nonce, at: server.now() }
  return refreshState(server, refreshToken, rotation)
}
