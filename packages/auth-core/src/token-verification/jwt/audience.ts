import { isSameResource } from '../../oauth/resource-identifier.js'
import type { OptionTable } from '../../options/option-table.js'
import { listOf, members, oneOf, required, textList } from '../../options/rows.js'

/** The claims that name the client: Cognito and Clerk `client_id`, Keycloak `azp`, Okta `cid`, Entra v1.0 `appid`. */
export const clientClaims = ['client_id', 'azp', 'cid', 'appid'] as const

/**
 * Accepts the tokens of certain clients, for issuers that write no useful `aud`.
 *
 * Such a client sends the same tokens to every server that it calls. If another server accepts them in the same way, its
 * operator can use them here (a confused deputy). Name only clients that call this server alone, and have the issuer
 * write `aud` if it can.
 */
export interface Recipient {
  /** The claim that names the client. */
  readonly claim: (typeof clientClaims)[number]
  /** The clients whose tokens are accepted. */
  readonly values: string | readonly string[]
  /**
   * Values of `aud` that the issuer writes into every token, such as `account` in Keycloak. Any other `aud` must name this
   * server. Default: none.
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

/** A {@link Recipient} with lists in place of single strings. */
export interface CheckedRecipient {
  readonly claim: string
  readonly values: readonly string[]
  readonly ignoredAudiences: readonly string[]
}

export function recipientWithLists({ claim, values, ignoredAudiences = [] }: Recipient): CheckedRecipient {
  return { claim, values: listOf(values), ignoredAudiences: listOf(ignoredAudiences) }
}

/** The audiences or clients that a token must name. */
export interface ExpectedRecipient {
  /** One of these must be in `aud`. */
  readonly audiences: readonly string[]
  /** What a token needs that has none of them in `aud`. */
  readonly recipient?: CheckedRecipient | undefined
}

/** Why a token, or an introspection response, is not for this server; `undefined` if it is. */
export function wrongRecipient(
  claims: Readonly<Record<string, unknown>>,
  { audiences, recipient }: ExpectedRecipient,
): 'audience' | 'recipient' | undefined {
  const { aud } = claims
  if (recipient === undefined) return isAudience(aud, audiences) ? undefined : 'audience'
  const client = claims[recipient.claim]
  if (typeof client !== 'string' || !recipient.values.includes(client)) return 'recipient'
  if (aud === undefined || aud === null || isAudience(aud, audiences)) return undefined
  // Any other value names another server.
  const others: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  const { ignoredAudiences } = recipient
  return others.every((one) => typeof one === 'string' && ignoredAudiences.includes(one))
    ? undefined
    : 'audience'
}

/** Whether one of the audiences is expected. `aud` must be a string or a list of strings. */
export function isAudience(aud: unknown, expected: readonly string[]): boolean {
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud]
  return (
    audiences.every((one) => typeof one === 'string') &&
    audiences.some((one) => expected.some((resource) => isSameResource(one as string, resource)))
  )
}
