import type { AccessToken } from '../../contract/access-token.js'
import type { AuthProviderLike, EndedToken, VerifyTokenOptions } from '../../contract/auth-provider-like.js'
import { checkedVerdict } from '../../contract/checked-verdict.js'
import type { EventListener } from '../../events/auth-event.js'
import { reportRejection } from '../../events/listener.js'

/** What a provider says about a token. */
export interface Verdict<Claims extends object> {
  /** `null` if the token is not valid. */
  readonly accessToken: AccessToken<Claims> | null
  /** The scopes that the provider has reported for this token. */
  readonly required?: readonly string[] | undefined
  /** What is left of a token that has ended. */
  readonly ended?: EndedToken | undefined
}

type AskOptions = Pick<VerifyTokenOptions, 'resource' | 'deferRejection'> & {
  readonly onEvent: EventListener
}

const silentVerifier = 'If your verifier asks another one, pass "options" on in verifyToken: it says why.'

/**
 * Asks a provider about a token. A rejection is reported once: by the provider, or here if the provider reports none.
 *
 * @throws what the provider throws, and `TypeError` if it returns neither a token nor `null`.
 */
export async function askProvider<Claims extends object>(
  provider: Pick<AuthProviderLike<Claims>, 'verifyToken'>,
  token: string,
  { resource, onEvent, deferRejection }: AskOptions,
): Promise<Verdict<Claims>> {
  let reports: (() => void)[] | undefined
  let required: readonly string[] | undefined
  let ended: EndedToken | undefined
  const returned = await provider.verifyToken(token, {
    resource,
    onEvent,
    deferRejection(report) {
      reports = [...(reports ?? []), report]
    },
    reportRequired(scopes) {
      required = scopes
    },
    reportEnded(end) {
      ended = end
    },
  })
  const accessToken = checkedVerdict(returned)
  if (accessToken !== null) return { accessToken, required, ended }
  const report = () => {
    if (reports === undefined) reportRejection(onEvent, { reason: 'verifier', hint: silentVerifier })
    else for (const one of reports) one()
  }
  if (deferRejection === undefined) report()
  else deferRejection(report)
  return { accessToken, required, ended }
}
