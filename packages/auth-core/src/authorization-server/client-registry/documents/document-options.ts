import type { EventListener } from '../../../events/auth-event.js'
import { causeText } from '../../../events/redacted-cause.js'
import { checkedOptions, type OptionTable } from '../../../options/option-table.js'
import { anyFunction, flag, option, withDefault } from '../../../options/rows.js'
import type { Clock } from '../../../runtime/clock.js'
import { clientAuthenticationMethods, usesSecret } from '../../clients/authentication-methods.js'
import { type MetadataLimits, selfAssertedPolicy } from '../../clients/client-metadata.js'
import { actsWithoutUser } from '../../clients/permitted-grant-types.js'
import type { Lifetimes } from '../../records/lifetimes.js'
import type { Records } from '../../records/records.js'
import { ClientDocuments } from './document-clients.js'
import { type ClientIdMetadataDocument, pinnedDocuments } from './pinned-documents.js'

/** Rules for clients whose IDs are URLs of metadata documents. */
export interface ClientIdMetadataDocumentOptions {
  /**
   * Decides whether a URL may be a client ID. Called before the document is fetched, and each time that it is used, so a
   * change takes effect immediately. Default: any URL may, and the user decides.
   */
  readonly allows?: ((clientId: string) => boolean | Promise<boolean>) | undefined
  /**
   * Documents that are never fetched, for clients whose website refuses this server. `allows` and `sameOriginRedirects` do
   * not apply to them. You must keep them up to date. Default: none.
   */
  readonly pinned?: readonly ClientIdMetadataDocument[] | undefined
  /** The largest document, in bytes. Default: 5120. At most 65536. */
  readonly sizeLimit?: number | undefined
  /**
   * Leaves out redirect URIs that are neither of the document's origin nor on loopback. A document then cannot send codes to
   * a website of another owner. Default: false.
   */
  readonly sameOriginRedirects?: boolean | undefined
}

const largestSizeLimit = 65_536

export function documentOptionTable() {
  return {
    allows: anyFunction(),
    pinned: option('be a list of documents', Array.isArray),
    sizeLimit: withDefault(
      option(
        `be a whole number of bytes, ${largestSizeLimit} at most`,
        (value) => Number.isInteger(value) && Number(value) > 0 && Number(value) <= largestSizeLimit,
      ),
      5120,
    ),
    sameOriginRedirects: flag(),
  } satisfies OptionTable<ClientIdMetadataDocumentOptions>
}

/** The methods without a secret: documents are public. */
const authenticationMethods = clientAuthenticationMethods.filter((name) => !usesSecret(name))

/** The members of `AuthorizationServer` that fetching and storing documents needs. */
export interface DocumentClientsContext extends MetadataLimits {
  readonly lifetimes: Pick<Lifetimes, 'authorizationCode' | 'refreshToken'>
  readonly records: Pick<Records, 'clientDocuments'>
  readonly now: Clock
  readonly emit: EventListener
  /** Why nothing can be fetched safely, if nothing can. */
  readonly whyNot?: unknown
}

/**
 * Opens the clients with metadata documents; `undefined` if they are off, or if nothing can be fetched safely here.
 *
 * @throws `TypeError`, naming the option.
 */
export function openClientDocuments(
  options: ClientIdMetadataDocumentOptions | false | undefined,
  server: DocumentClientsContext,
): ClientDocuments | undefined {
  const { fetchPublic: fetch, lifetimes, records, now, emit } = server
  const policy = selfAssertedPolicy(server, 'document')
  if (options === false || (options === undefined && fetch === undefined)) return undefined
  if (fetch === undefined) {
    throw new TypeError(
      `OAuthProvider: "clientIdMetadataDocuments" must be used with "ssrfSafeFetch" on this runtime: ${causeText(server.whyNot)}.`,
    )
  }
  const {
    allows = () => true,
    pinned = [],
    sizeLimit,
    sameOriginRedirects,
  } = checkedOptions('OAuthProvider', options ?? {}, documentOptionTable(), {
    path: 'clientIdMetadataDocuments.',
  })
  return new ClientDocuments({
    fetch,
    sizeLimit,
    allows,
    policy: { ...policy, authenticationMethods, sameOriginRedirects },
    pinned: pinnedDocuments(pinned, { ...policy, authenticationMethods, sameOriginRedirects: false }),
    grantLifetime: lifetimes.authorizationCode + lifetimes.refreshToken,
    fetchesUnapproved: actsWithoutUser(policy.grantTypes),
    copies: records.clientDocuments,
    now,
    emit,
  })
}
