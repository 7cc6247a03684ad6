import type { EventListener } from '../../../events/auth-event.js'
import { causeText } from '../../../events/event-cause.js'
import { type OptionNames, refuseUnknownOptions } from '../../../options/unknown-options.js'
import type { Clock } from '../../../runtime/clock.js'
import { clientAuthenticationMethods, usesSecret } from '../../clients/authentication-methods.js'
import { type MetadataLimits, selfAssertedPolicy } from '../../clients/client-metadata.js'
import { actsWithoutUser } from '../../clients/grant-types.js'
import type { Lifetimes } from '../../records/lifetimes.js'
import type { Records } from '../../records/records.js'
import { ClientDocuments } from './document-clients.js'
import { type ClientIdMetadataDocument, pinnedDocuments } from './pinned-documents.js'

/** What clients whose ids are URLs of their metadata documents must keep to, besides the rules for all clients. */
export interface ClientIdMetadataDocumentOptions {
  /**
   * Whether a client may be known by this URL. Asked before the document is fetched, and again each time that it is
   * used: what you take back ends at once. Default: any may, and the user decides.
   */
  readonly allows?: ((clientId: string) => boolean | Promise<boolean>) | undefined
  /**
   * Documents that are used as they are here, and never fetched: for clients whose website refuses this server. `allows` and
   * `sameOriginRedirects` are not asked about them. You keep them up to date. Default: none.
   */
  readonly pinned?: readonly ClientIdMetadataDocument[] | undefined
  /** The largest document, in bytes. Default: 5120. At most 65536. */
  readonly sizeLimit?: number | undefined
  /**
   * Whether redirect URIs are left out that are neither of the same origin as the document nor on loopback. Then nobody can
   * publish a document that sends users' codes to a website of somebody else. Default: false.
   */
  readonly sameOriginRedirects?: boolean | undefined
}

const optionNames = {
  allows: true,
  pinned: true,
  sizeLimit: true,
  sameOriginRedirects: true,
} as const satisfies OptionNames<ClientIdMetadataDocumentOptions>

const largestSizeLimit = 65_536

/** Those without a secret: a document has no place for one. */
const authenticationMethods = clientAuthenticationMethods.filter((name) => !usesSecret(name))

/** What documents are fetched and stored with. An `AuthorizationServer` has it. */
export interface DocumentClientsContext extends MetadataLimits {
  readonly lifetimes: Pick<Lifetimes, 'authorizationCode' | 'refreshToken'>
  readonly records: Pick<Records, 'clientDocuments'>
  readonly now: Clock
  readonly emit: EventListener
  /** Why nothing can be fetched safely, if that is so. */
  readonly whyNot?: unknown
}

/**
 * Opens the clients whose ids are URLs, unless they are off: by option, or because nothing can be fetched safely here.
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
      `"clientIdMetadataDocuments" need "ssrfSafeFetch" on this runtime: ${causeText(server.whyNot)}`,
    )
  }
  refuseUnknownOptions('OAuthProvider', options ?? {}, optionNames, { path: 'clientIdMetadataDocuments.' })
  const { allows = () => true, sizeLimit = 5120, sameOriginRedirects = false, pinned = [] } = options ?? {}
  if (typeof sameOriginRedirects !== 'boolean')
    throw new TypeError('"clientIdMetadataDocuments.sameOriginRedirects" must be true or false')
  if (typeof allows !== 'function')
    throw new TypeError('"clientIdMetadataDocuments.allows" must be a function')
  if (!(Number.isInteger(sizeLimit) && sizeLimit > 0 && sizeLimit <= largestSizeLimit)) {
    throw new TypeError(
      `"clientIdMetadataDocuments.sizeLimit" must be a whole number of bytes, ${largestSizeLimit} at most`,
    )
  }
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
