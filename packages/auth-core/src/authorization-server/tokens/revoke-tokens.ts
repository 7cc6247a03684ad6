import { type OptionNames, refuseUnknownOptions } from '../../options/unknown-options.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import { markRevoked } from './revocation-marks.js'
import { revokeFamily } from './token-family.js'

/** Which tokens to revoke: those of a user, of a client, of both, or of one grant. */
export type TokenSelection =
  | {
      /** The `subject` that `signIn` answered. */
      readonly subject: string
      readonly clientId?: string | undefined
      readonly tokenFamily?: undefined
    }
  | { readonly clientId: string; readonly subject?: undefined; readonly tokenFamily?: undefined }
  | {
      /** The claim `token_family` of an access token: all tokens that came of the same consent. */
      readonly tokenFamily: string
      readonly subject?: undefined
      readonly clientId?: undefined
    }

const memberNames = {
  subject: true,
  clientId: true,
  tokenFamily: true,
} as const satisfies OptionNames<TokenSelection>

/**
 * Revokes tokens, and codes that were not redeemed: one write to the store, however many there are.
 *
 * @throws `TypeError` for a selection of everything or of nothing.
 */
export async function revokeTokens(server: AuthorizationServer, selection: TokenSelection): Promise<void> {
  refuseUnknownOptions('revokeTokens', selection, memberNames)
  const { subject, clientId, tokenFamily } = selection
  for (const [name, value] of Object.entries({ subject, clientId, tokenFamily })) {
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      throw new TypeError(`"${name}" must be a string, not empty`)
  }
  if (tokenFamily !== undefined) {
    if (subject !== undefined || clientId !== undefined)
      throw new TypeError('"tokenFamily" names one grant already: leave out "subject" and "clientId"')
    await revokeFamily(server, tokenFamily)
  } else {
    if (subject === undefined && clientId === undefined)
      throw new TypeError('one of "subject", "clientId" and "tokenFamily" is needed')
    await markRevoked(server, { subject, clientId })
  }
  server.emit({ type: 'tokens.revoked', by: 'application', subject, clientId, tokenFamily })
}
