import type { EventListener } from '../../../events/auth-event.js'
import { unavailable } from '../../../oauth/oauth-error.js'
import type { Fetch } from '../../../outbound/fetch-json.js'
import { slotsForUnapprovedClients } from '../../../outbound/fetch-slots.js'
import type { NoCopy } from '../../../outbound/staleness.js'
import { type Clock, isDuring } from '../../../runtime/clock.js'
import { RecentlyUsed } from '../../../runtime/recently-used.js'
import { SingleFlight } from '../../../runtime/single-flight.js'
import type { ClientRecord, ClientUse, OAuthClient } from '../../clients/client.js'
import type { Collection } from '../../records/collection.js'
import type { DocumentCopy } from '../../records/stored-records.js'
import { whyNoDocument } from './document-error.js'
import { documentHints } from './document-hints.js'
import { withoutDocument } from './document-staleness.js'
import { isDocumentUrl } from './document-url.js'
import { fetchClientDocument } from './fetch-document.js'
import { newerCopy } from './newer-copy.js'
import { checkClientDocument, type DocumentPolicy } from './parse-document.js'
import type { PinnedDocument } from './pinned-documents.js'
import { RetryPause, RetryPaused } from './retry-pause.js'
import { StoredDocuments } from './stored-documents.js'
import { documentProblemOf, UnreadableDocumentError } from './unreadable-document.js'

/** How many documents are cached. */
const capacity = 1000

export interface ClientDocumentsOptions {
  readonly fetch: Fetch
  /** In bytes. */
  readonly sizeLimit: number
  /** Called before anything is fetched, and each time that a fetched document is used. */
  readonly allows: (clientId: string) => boolean | Promise<boolean>
  readonly policy: DocumentPolicy
  /** The clients whose documents the operator pinned, by their IDs. */
  readonly pinned: ReadonlyMap<string, PinnedDocument>
  /** Whether the document of an unapproved client is fetched when it authenticates: some grants need no user. */
  readonly fetchesUnapproved: boolean
  readonly copies: Collection<DocumentCopy>
  /** The longest lifetime of what a user approves, in seconds. */
  readonly grantLifetime: number
  readonly now: Clock
  readonly emit: EventListener
}

/** A document as this process knows it. */
interface Known {
  readonly copy: DocumentCopy
  /** The client that the copy describes; `undefined` if there is no document, or the current rules refuse it. */
  readonly client: OAuthClient | undefined
  /** `stored` if users have approved the client. Another process may have stored a copy since. */
  readonly place: 'memory' | 'stored'
}

/** What a fetch has found out. */
type Outcome =
  | { readonly kind: 'current'; readonly client: OAuthClient }
  | { readonly kind: NoCopy; readonly cause: unknown }

/**
 * The clients whose IDs are the URLs of their metadata documents.
 *
 * A document is cached as long as HTTP allows, within bounds. Failures are not cached, but ten in a row begin a pause. As
 * soon as a user has approved a client, a copy of its document is stored, so that an outage of its website ends no session,
 * in any process.
 *
 * @see [Client ID Metadata Document](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-00)
 */
export class ClientDocuments {
  readonly #options: ClientDocumentsOptions
  readonly #stored: StoredDocuments
  readonly #known = new RecentlyUsed<Known>(capacity)
  readonly #flight = new SingleFlight<Outcome>()
  readonly #pause: RetryPause
  readonly #slots = slotsForUnapprovedClients('documents')

  constructor(options: ClientDocumentsOptions) {
    this.#options = options
    this.#stored = new StoredDocuments(options.copies, options.grantLifetime, options.now)
    this.#pause = new RetryPause(options.now)
  }

  /**
   * Finds a client by its ID.
   *
   * @returns `undefined` if the ID is not the URL of a document, if the operator does not allow the client, or if
   * `use` is `authentication` and no user has approved the client.
   * @throws `UnreadableDocumentError` if an authorization needs the document, and it cannot be read.
   * @throws `temporarily_unavailable` if `use` is `authentication` and the document cannot be fetched, because its
   * website is down or this server's fetch limit is reached.
   */
  async find(clientId: string, use: ClientUse): Promise<ClientRecord | undefined> {
    const pinned = this.#options.pinned.get(clientId)
    if (pinned !== undefined) return toRecord(pinned.client, { isUnapproved: false })
    if (!isDocumentUrl(clientId) || !(await this.#isAllowed(clientId))) return undefined
    const cached = this.#known.get(clientId)
    // For authentication, whether users have approved the client must be current.
    const mustReadStore = use === 'authentication' && cached?.place === 'memory'
    if (cached !== undefined && !mustReadStore && this.#isFresh(cached))
      return toRecord(cached.client, { isUnapproved: cached.place === 'memory' })

    const stored = await this.#stored.find(clientId)
    const known = this.#newest(clientId, cached, stored)
    // Even if its document was fetched before: its website may be slow now, and the slots are limited.
    const isUnapproved = stored === undefined
    if (known !== undefined && this.#isFresh(known)) return toRecord(known.client, { isUnapproved })
    if (known === undefined && use === 'authentication' && !this.#options.fetchesUnapproved) return undefined

    const outcome = await this.#refresh(clientId, known, isUnapproved)
    if (outcome.kind === 'current') return toRecord(outcome.client, { isUnapproved })
    if (use === 'authorization') throw new UnreadableDocumentError(clientId, outcome.cause)
    const client = this.#previous(this.#known.get(clientId) ?? known, outcome)
    return client === undefined ? undefined : toRecord(client, { isUnapproved, isStale: true })
  }

  /** Stores a copy of the document for as long as what a user approves now can last. */
  async retain(clientId: string): Promise<void> {
    const pinned = this.#options.pinned.get(clientId)
    // Its users stay signed in when the operator removes the document from the options.
    if (pinned !== undefined) return this.#stored.retain(clientId, copyOf(pinned, this.#options.now()))
    const known = this.#known.get(clientId)
    if (known === undefined) return
    await this.#stored.retain(clientId, known.copy)
    this.#known.set(clientId, { ...(this.#known.get(clientId) ?? known), place: 'stored' })
  }

  /**
   * Fetches a document and checks it, for an operator who wants to know whether that works. Stores nothing and emits
   * nothing.
   *
   * @throws what is wrong.
   */
  async try(clientId: string): Promise<OAuthClient> {
    const { now, ...options } = this.#options
    if (!isDocumentUrl(clientId)) throw new Error(`${clientId} cannot be the URL of a metadata document`)
    if (!(await this.#isAllowed(clientId))) throw new Error(`"allows" refuses ${clientId}`)
    const { document } = await fetchClientDocument(clientId, { ...options, now: now() }, undefined)
    return checkClientDocument(document, clientId, options.policy)
  }

  async #isAllowed(clientId: string): Promise<boolean> {
    try {
      return await this.#options.allows(clientId)
    } catch (cause) {
      throw unavailable('client_policy_failed', cause)
    }
  }

  /** The newer of the cached copy and the stored one, which any process may have written. */
  #newest(clientId: string, cached: Known | undefined, stored: DocumentCopy | undefined): Known | undefined {
    if (stored === undefined) return cached
    const copy = cached === undefined ? stored : newerCopy(cached.copy, stored, this.#options.now())
    const known: Known = { copy, client: this.#clientOf(clientId, copy), place: 'stored' }
    this.#known.set(clientId, known)
    return known
  }

  #isFresh(known: Known): known is Known & { readonly client: OAuthClient } {
    const { fetchedAt, freshUntil } = known.copy
    return known.client !== undefined && isDuring(this.#options.now(), fetchedAt, freshUntil)
  }

  /** Checks a copy again: the rules may have changed since it was made. */
  #clientOf(clientId: string, { document }: DocumentCopy): OAuthClient | undefined {
    try {
      return checkClientDocument(document, clientId, this.#options.policy)
    } catch {
      return undefined
    }
  }

  /** Fetches the document in single flight, and notes what came of it. Rejects only if the store is down. */
  #refresh(clientId: string, known: Known | undefined, isUnapproved: boolean): Promise<Outcome> {
    return this.#flight.run(async () => {
      const outcome = await this.#fetch(clientId, known, isUnapproved)
      if (known !== undefined) await this.#note(clientId, known, outcome)
      return outcome
    }, clientId)
  }

  /**
   * Notes what the client's website responded, or since when it responds without the document. Other processes, and this
   * one after a restart, read it from the store.
   */
  async #note(clientId: string, known: Known, { kind }: Outcome): Promise<void> {
    if (kind !== 'current' && kind !== 'gone') return
    if (kind === 'gone') {
      const { goneSince = this.#options.now() } = known.copy
      this.#known.set(clientId, { ...known, copy: { ...known.copy, goneSince } })
    }
    const { copy } = this.#known.get(clientId) ?? known
    await this.#stored.refreshStored(clientId, copy)
  }

  async #fetch(clientId: string, known: Known | undefined, isUnapproved: boolean): Promise<Outcome> {
    const { now, emit, ...options } = this.#options
    const fetchCopy = () => fetchClientDocument(clientId, { ...options, now: now() }, known?.copy)
    try {
      if (this.#pause.isPaused(clientId)) throw new RetryPaused()
      const copy = await (isUnapproved ? this.#slots.run(clientId, fetchCopy) : fetchCopy())
      const client = checkClientDocument(copy.document, clientId, options.policy)
      if (known?.client !== undefined && proofOf(known.client) !== proofOf(client)) {
        emit({ type: 'client.rekeyed', clientId })
      }
      this.#known.set(clientId, { copy, client, place: isUnapproved ? 'memory' : 'stored' })
      this.#pause.succeeded(clientId)
      return { kind: 'current', client }
    } catch (cause) {
      const kind = whyNoDocument(cause)
      if (kind !== 'notAsked' && !this.#pause.isPaused(clientId)) this.#pause.failed(clientId)
      const problem = documentProblemOf(cause)
      emit({ type: 'document.failed', clientId, ...problem, cause, hint: documentHints[problem.reason] })
      return { kind, cause }
    }
  }

  /** The client as the previous copy says, if that still counts; `undefined` if there is no such client. */
  #previous(
    previous: Known | undefined,
    { kind, cause }: Exclude<Outcome, { kind: 'current' }>,
  ): OAuthClient | undefined {
    if (previous === undefined && kind !== 'notAsked') return undefined
    const verdict =
      previous === undefined ? 'unknown' : withoutDocument(previous.copy, kind, this.#options.now())
    if (verdict === 'removed') return undefined
    if (verdict === 'previous' && previous?.client !== undefined) return previous.client
    throw unavailable('client_document_unavailable', cause)
  }
}

function toRecord(client: OAuthClient, state: Pick<ClientRecord, 'isUnapproved' | 'isStale'>): ClientRecord {
  return { client, origin: 'document', secrets: [], ...state }
}

/** Returns a copy that is fetched again once the document is no longer pinned. */
function copyOf({ document }: PinnedDocument, now: number): DocumentCopy {
  return { document, fetchedAt: now, freshUntil: now, mayKeep: true }
}

/** What the client proves who it is with. */
function proofOf({ token_endpoint_auth_method, jwks, jwks_uri }: OAuthClient): string {
  return JSON.stringify([token_endpoint_auth_method, jwks, jwks_uri])
}
