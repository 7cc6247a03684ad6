import type { AuthProviderLike } from '../contract/auth-provider-like.js'
import type { EventListener } from '../events/auth-event.js'
import { reportFailure } from '../events/listener.js'
import { askProvider, type Verdict } from '../gate/verdict/ask-provider.js'
import { outageOf } from '../oauth/oauth-error.js'

/** The verdict of several sources, in the order in which they were asked. */
export interface SourcesVerdict<Claims extends object> extends Verdict<Claims> {
  /** The index of the source that accepted the token, or whose own token has ended. `undefined` if there is none. */
  readonly source: number | undefined
  /** Report why each source has rejected the token. */
  readonly rejections: readonly (() => void)[]
}

/**
 * Asks sources about a token until one accepts it, or until its own source says that it has ended. A failing source does
 * not stop the others.
 *
 * @throws `temporarily_unavailable` if a source has failed and no other has decided.
 */
export async function askSources<Claims extends object>(
  sources: readonly Pick<AuthProviderLike<Claims>, 'verifyToken'>[],
  token: string,
  options: { readonly resource: string | undefined; readonly onEvent: EventListener },
): Promise<SourcesVerdict<Claims>> {
  const rejections: (() => void)[] = []
  const deferRejection = (report: () => void) => void rejections.push(report)
  let failure: { readonly cause: unknown } | undefined
  for (const [source, provider] of sources.entries()) {
    try {
      const verdict = await askProvider(provider, token, { ...options, deferRejection })
      const isDecided = verdict.accessToken !== null || verdict.ended !== undefined
      if (isDecided) return { ...verdict, source, rejections }
    } catch (cause) {
      failure = { cause }
      reportFailure(options.onEvent, cause)
    }
  }
  if (failure !== undefined) throw outageOf(failure.cause)
  return { accessToken: null, source: undefined, rejections }
}
