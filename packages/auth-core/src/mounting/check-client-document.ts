import { documentHints } from '../authorization-server/client-registry/documents/document-hints.js'
import { documentProblemOf } from '../authorization-server/client-registry/documents/unreadable-document.js'
import type { RoutedProvider } from '../contract/auth-provider-like.js'
import { causeText } from '../events/redacted-cause.js'
import type { MountProblem } from './probe.js'

/**
 * Has a provider fetch the metadata document of a client once.
 *
 * @returns `undefined` if the document can be read.
 * @throws `TypeError` for a provider that has no clients.
 */
export async function clientDocumentProblem(
  provider: RoutedProvider,
  url: string,
): Promise<MountProblem | undefined> {
  if (provider.tryClientDocument === undefined)
    throw new TypeError(
      'checkMount: "clientDocument" must be used with an OAuthProvider. Pass the "server" of MultiAuth itself.',
    )
  try {
    await provider.tryClientDocument(url)
    return undefined
  } catch (error) {
    const { reason, status } = documentProblemOf(error)
    const found = status === undefined ? `${reason} (${causeText(error)})` : String(status)
    const remedy = documentHints[reason] ?? ''
    const message = `The client document ${url} cannot be read: ${found}. ${remedy}`.trim()
    return { url, method: 'GET', found, remedy, message }
  }
}
