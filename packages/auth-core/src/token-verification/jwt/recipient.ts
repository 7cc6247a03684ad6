import { isSameResource } from '../../oauth/resource-identifier.js'
import type { OptionTable } from '../../options/option-table.js'
import { listOf, members, oneOf, required, textList } from '../../options/rows.js'

/** The claims in which issuers name the client: Cognito and Clerk `client_id`, Keycloak `azp`, Okta `cid`, Entra v1.0 `appid`. */
export const clientClaims = ['client_id', 'azp', 'cid', 'appid'] as const

/**
 * For issuers that do not say in `aud` for whom a token is: accepts the tokens of the named clients instead.
 *
 * A client of yours has one kind of token for all servers that it calls. If another of them accepts these tokens in the
 * same way, its operator can use here what it was sent there (a confused deputy). Name only clients whose tokens are for
 * this server alone, and have the issuer write `aud` where it can.
 */
export interface Recipient {
  /** The claim that names the client. */
  readonly claim: (typeof clientClaims)[number]
  /** The clients whose tokens are accepted. */
  readonly values: string | readonly string[]
  /**
   * What `aud` may contain all the same, because the issuer writes it into every token: Keycloak's `account`. Any other
   * `aud` must name this server. Default: nothing.
   */
  readonly ignoredAudiences?: string | readonly string[] | undefined
}

export function recipientOption() {
  return members({
    claim: required(oneOf(...clientClaims)),
    values: required(textList()),
    ignoredAudiences: textList(),
  } satisfies OptionTable<Recipient>)
}

/** A {@link Recipient} whose lists are lists. */
export interface CheckedRecipient {
  readonly claim: string
  readonly values: readonly string[]
  readonly ignoredAudiences: readonly string[]
}

export function recipientWithLists({ claim, values, ignoredAudiences = [] }: Recipient): CheckedRecipient {
  return { claim, values: listOf(values), ignoredAudiences: listOf(ignoredAudiences) }
}

/** Who may be the recipient of a token. */
export interface ExpectedRecipient {
  /** One of these must be in `aud`. */
  readonly audiences: readonly string[]
  /** What a token without one of them in `aud` must have. */
  readonly recipient?: CheckedRecipient | undefined
}

/** Why a token, or an introspection response, is not for this server. `undefined` if it is. */
export function wrongRecipient(
  claims: Readonly<Record<string, unknown>>,
  { audiences, recipient }: ExpectedRecipient,
): 'audience' | 'recipient' | undefined {
  const { aud } = claims
  if (recipient === undefined) return isAudience(aud, audiences) ? undefined : 'audience'
  const client = claims[recipient.claim]
  if (typeof client !== 'string' || !recipient.values.includes(client)) return 'recipient'
  if (aud === undefined || aud === null || isAudience(aud, audiences)) return undefined
  // One that is not ignored is the name of another server.
  const others: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  const { ignoredAudiences } = recipient
  return others.every((one) => typeof one === 'string' && ignoredAudiences.includes(one))
    ? undefined
    : 'audience'
}

/** Whether one of the audiences is an expected one. Anything but a string or a list of strings is none. */
export function isAudience(aud: unknown, expected: readonly string[]): boolean {
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud]
  return (
    audiences.every((one) => typeof one === 'string') &&
    audiences.some((one) => expected.some((resource) => isSameResource(one as string, resource)))
  )
}
