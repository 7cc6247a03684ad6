import type { AccessToken } from '../contract/access-token.js'
import type { AuthProviderLike, VerifyTokenOptions } from '../contract/auth-provider-like.js'
import { checkedVerdict } from '../contract/checked-verdict.js'
import type { EventListener } from '../events/auth-event.js'
import { reportRejection } from '../events/listener.js'

const silentVerifier = 'If your verifier asks another one, pass "options" on in verifyToken: it says why.'

/**
 * Asks a provider about a token. A refusal is reported once: by the provider, or for one that does not report.
 *
 * @throws what the provider throws, and `TypeError` for an answer that is no verdict.
 */
export async function askProvider<Claims extends object>(
  provider: Pick<AuthProviderLike<Claims>, 'verifyToken'>,
  token: string,
  options: VerifyTokenOptions & { readonly onEvent: EventListener },
): Promise<AccessToken<Claims> | null> {
  const { onEvent } = options
  let reports: (() => void)[] | undefined
  const deferRejection = (report: () => void) => {
    reports = [...(reports ?? []), report]
  }
  const verdict = checkedVerdict(await provider.verifyToken(token, { ...options, deferRejection }))
  if (verdict !== null) return verdict
  const report = () => {
    if (reports === undefined) reportRejection(onEvent, { reason: 'verifier', hint: silentVerifier })
    else for (const one of reports) one()
  }
  if (options.deferRejection === undefined) report()
  else options.deferRejection(report)
  return null
}
