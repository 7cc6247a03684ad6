import type { EventListener } from '../../events/auth-event.js'
import { checkedOptions, type OptionTable } from '../../options/option-table.js'
import { text } from '../../options/rows.js'
import { type MarkKeeping, markRevoked } from './revocation-marks.js'
import { type FamilyRevocation, revokeFamily } from './token-family.js'

/** Selects the tokens to revoke: those of a user, of a client, of both, or of one grant. */
export type TokenSelection =
  | {
      /** The `subject` that `signIn` returned. */
      readonly subject: string
      readonly clientId?: string | undefined
      readonly grantId?: undefined
    }
  | { readonly clientId: string; readonly subject?: undefined; readonly grantId?: undefined }
  | {
      /** The ID of one grant: the claim `token_family` of its access tokens, and `grantId` of events. */
      readonly grantId: string
      readonly subject?: undefined
      readonly clientId?: undefined
    }

function selectionTable() {
  return { subject: text(), clientId: text(), grantId: text() } satisfies OptionTable<TokenSelection>
}

/** The members of `AuthorizationServer` that revoking tokens needs. */
export interface TokenRevocation extends MarkKeeping, FamilyRevocation {
  readonly records: MarkKeeping['records'] & FamilyRevocation['records']
  readonly emit: EventListener
}

/**
 * Revokes tokens and unredeemed codes with one write to the store.
 *
 * @throws `TypeError` for a selection of everything or of nothing.
 */
export async function revokeTokens(server: TokenRevocation, selection: TokenSelection): Promise<void> {
  const { subject, clientId, grantId } = checkedOptions('revokeTokens', selection, selectionTable())
  if (grantId !== undefined) {
    if (subject !== undefined || clientId !== undefined)
      throw new TypeError('revokeTokens: "grantId" selects one grant. Omit "subject" and "clientId".')
    await revokeFamily(server, grantId)
  } else {
    if (subject === undefined && clientId === undefined)
      throw new TypeError('revokeTokens: "subject", "clientId" or "grantId" must be set.')
    await markRevoked(server, { subject, clientId })
  }
  server.emit({ type: 'tokens.revoked', by: 'application', subject, clientId, grantId })
}
