import type { EventListener } from '../../../events/auth-event.js'
import { unavailable } from '../../../oauth/oauth-error.js'
import type { Fetch } from '../../../outbound/fetch-json.js'
import { FetchSlots, TooManyFetches } from '../../../outbound/fetch-slots.js'
import { type Clock, isDuring } from '../../../runtime/clock.js'
import { RecentlyUsed } from '../../../runtime/recently-used.js'
import type { ClientRecord, ClientUse, OAuthClient } from '../../clients/client.js'
import type { Collection } from '../../records/collection.js'
import type { DocumentCopy } from '../../records/stored-records.js'
import { DocumentError } from './document-error.js'
import { documentHints } from './document-hints.js'
import { afterFailure } from './document-staleness.js'
import { isDocumentUrl } from './document-url.js'
import { fetchClientDocument } from './fetch-document.js'
import { newerCopy } from './newer-copy.js'
import { checkClientDocument, type DocumentPolicy } from './parse-document.js'
import type { PinnedDocument } from './pinned-documents.js'
import { FailedAttempts, TriedTooOften } from './retry-pause.js'
import { StoredDocuments } from './stored-documents.js'
import { documentProblemOf, UnreadableDocumentError } from './unreadable-document.js'

/** How many documents are kept in memory. */
const capacity = 1000
/**
 * How many documents of strangers, whom no user has allowed anything, are fetched at once. The fetch itself allows 32, and 8
 * from one host: with their keys, strangers are not to use up all.
 */
const strangersAtOnce = { total: 16, perHost: 3 }

export interface ClientDocumentsOptions {
  readonly fetch: Fetch
  /** In bytes. */
  readonly sizeLimit: number
  /** Asked before anything is fetched, and before what was fetched is used. */
  readonly allows: (clientId: string) => boolean | Promise<boolean>
  readonly policy: DocumentPolicy
  /** The clients that the operator gave the documents of, by their ids. */
  readonly pinned: ReadonlyMap<string, PinnedDocument>
  /** Whether a client that no user has allowed anything is fetched to authenticate it: some grants need no user. */
  readonly fetchesUnapproved: boolean
  readonly copies: Collection<DocumentCopy>
  /** How long what a user allows a client may last, in seconds. */
  readonly grantLifetime: number
  readonly now: Clock
  readonly emit: EventListener
}

/** What was fetched last; and the client that it describes, if there is a document, and it is good by today's rules. */
interface Known {
  readonly copy: DocumentCopy
  readonly client: OAuthClient | undefined
  /** Whether a copy is in the store, because users have allowed the client something. It may have come there since. */
  readonly isStored: boolean
}

/** The client as it says now, or why that is not known. */
type Outcome = { readonly client: OAuthClient; readonly isAnswer: true } | Failure

interface Failure {
  readonly cause: unknown
  /** Whether it is what the client's own server answered: then it is no outage. */
  readonly isAnswer: boolean
  /** Whether it was not even asked, because this server fetches too much: that says nothing of it. */
  readonly isOwn: boolean
}

/**
 * The clients whose ids are URLs of their metadata documents.
 *
 * What was fetched is used as long as HTTP allows, within bounds. A failure is not kept, but who makes a document fail
 * again and again has to wait. From the moment that a user allows a client, a copy of its document is in the store, so
 * that an outage of its website ends nobody's session, in whatever process the next request arrives.
 *
 * @see [Client ID Metadata Document](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-00)
 */
export class ClientDocuments {
  readonly #options: ClientDocumentsOptions
  readonly #stored: StoredDocuments
  readonly #known = new RecentlyUsed<Known>(capacity)
  readonly #pending = new Map<string, Promise<Outcome>>()
  readonly #failed: FailedAttempts
  readonly #strangers = new FetchSlots(strangersAtOnce.total, strangersAtOnce.perHost)

  constructor(options: ClientDocumentsOptions) {
    this.#options = options
    this.#stored = new StoredDocuments(options.copies, options.grantLifetime, options.now)
    this.#failed = new FailedAttempts(options.now)
  }

  /**
   * Finds a client. `undefined` says that there is none: its id is no such URL, is refused by the operator, or is that of a
   * client which authenticates though no user has allowed it anything.
   *
   * @throws `UnreadableDocumentError` if the document cannot be read that an authorization needs.
   * @throws `temporarily_unavailable` if users have allowed the client something, and it cannot be known for the moment;
   * and if this server fetches too much to find out whether a client is there that authenticates.
   */
  async find(clientId: string, use: ClientUse): Promise<ClientRecord | undefined> {
    const pinned = this.#options.pinned.get(clientId)
    if (pinned !== undefined) return toRecord(pinned.client, { isUnapproved: false })
    if (!isDocumentUrl(clientId) || !(await this.#isAllowed(clientId))) return undefined
    const inMemory = this.#known.get(clientId)
    const mustKnowWhetherKept = use === 'authentication' && inMemory?.isStored === false
    if (inMemory !== undefined && !mustKnowWhetherKept && this.#isFresh(inMemory))
      return toRecord(inMemory.client, { isUnapproved: !inMemory.isStored })

    const kept = await this.#stored.find(clientId)
    const known = this.#newest(clientId, inMemory, kept)
    // Also one that was fetched before: it may have answered quickly then, to be slow now.
    const isUnapproved = kept === undefined
    if (known !== undefined && this.#isFresh(known)) return toRecord(known.client, { isUnapproved })
    if (known === undefined && use === 'authentication' && !this.#options.fetchesUnapproved) return undefined

    const outcome = await this.#refresh(clientId, known, isUnapproved)
    if ('client' in outcome) return toRecord(outcome.client, { isUnapproved })
    if (use === 'authorization') throw new UnreadableDocumentError(clientId, outcome.cause)
    const before = this.#known.get(clientId) ?? known
    const client = this.#asBefore(before, outcome)
    return client === undefined ? undefined : toRecord(client, { isUnapproved, isStale: true })
  }

  /** Keeps a copy of the document for as long as what a user allows the client now may last. */
  async retain(clientId: string): Promise<void> {
    const pinned = this.#options.pinned.get(clientId)
    // So that its users stay signed in when the operator takes the document out of the options.
    if (pinned !== undefined) return this.#stored.retain(clientId, copyOf(pinned, this.#options.now()))
    const known = this.#known.get(clientId)
    if (known === undefined) return
    await this.#stored.retain(clientId, known.copy)
    this.#known.set(clientId, { ...(this.#known.get(clientId) ?? known), isStored: true })
  }

  /**
   * Fetches a document and checks it, for an operator who wants to know whether that works. Nothing is kept of it, and
   * nobody is told.
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

  /** What is known by the newer of what this process has in memory and what any has put into the store. */
  #newest(clientId: string, inMemory: Known | undefined, kept: DocumentCopy | undefined): Known | undefined {
    if (kept === undefined) return inMemory
    const copy = inMemory === undefined ? kept : newerCopy(inMemory.copy, kept, this.#options.now())
    const known = { copy, client: this.#clientOf(clientId, copy), isStored: true }
    this.#known.set(clientId, known)
    return known
  }

  #isFresh(known: Known): known is Known & { readonly client: OAuthClient } {
    const { fetchedAt, freshUntil } = known.copy
    return known.client !== undefined && isDuring(this.#options.now(), fetchedAt, freshUntil)
  }

  /** The rules may have changed since the copy was made. */
  #clientOf(clientId: string, { document }: DocumentCopy): OAuthClient | undefined {
    try {
      return checkClientDocument(document, clientId, this.#options.policy)
    } catch {
      return undefined
    }
  }

  /** Fetches the document, once for all who ask at the same time. Rejects only if the store is down. */
  #refresh(clientId: string, known: Known | undefined, isUnapproved: boolean): Promise<Outcome> {
    const pending = this.#pending.get(clientId)
    if (pending !== undefined) return pending
    const outcome = this.#fetchAndNote(clientId, known, isUnapproved).finally(() =>
      this.#pending.delete(clientId),
    )
    this.#pending.set(clientId, outcome)
    return outcome
  }

  async #fetchAndNote(clientId: string, known: Known | undefined, isUnapproved: boolean): Promise<Outcome> {
    const outcome = await this.#fetch(clientId, known, isUnapproved)
    if (known !== undefined && outcome.isAnswer) await this.#noteAnswer(clientId, known, outcome)
    return outcome
  }

  /**
   * Notes what the website of a client has answered, or since when it answers without the document. In the store, too, if
   * users have allowed the client something: other processes, and this one after a restart, would go by what was before.
   */
  async #noteAnswer(clientId: string, known: Known, outcome: Outcome): Promise<void> {
    if (!('client' in outcome)) {
      const { goneSince = this.#options.now() } = known.copy
      this.#known.set(clientId, { ...known, copy: { ...known.copy, goneSince } })
    }
    const { copy } = this.#known.get(clientId) ?? known
    await this.#stored.refreshStored(clientId, copy)
  }

  async #fetch(clientId: string, known: Known | undefined, isUnapproved: boolean): Promise<Outcome> {
    const { now, emit, ...options } = this.#options
    let release = () => {}
    try {
      if (!this.#failed.mayTry(clientId)) throw new TriedTooOften('it failed too often a moment ago')
      if (isUnapproved) release = this.#strangers.take(new URL(clientId).hostname)
      const copy = await fetchClientDocument(clientId, { ...options, now: now() }, known?.copy)
      const client = checkClientDocument(copy.document, clientId, options.policy)
      if (known?.client !== undefined && proofOf(known.client) !== proofOf(client)) {
        emit({ type: 'client.rekeyed', clientId })
      }
      this.#known.set(clientId, { copy, client, isStored: !isUnapproved })
      this.#failed.forget(clientId)
      return { client, isAnswer: true }
    } catch (cause) {
      const isOwn = cause instanceof TooManyFetches
      if (!isOwn && this.#failed.mayTry(clientId)) this.#failed.add(clientId)
      const problem = documentProblemOf(cause)
      emit({ type: 'document.failed', clientId, ...problem, cause, hint: documentHints[problem.reason] })
      const isAnswer = cause instanceof DocumentError && cause.isAnswer
      return { isAnswer, isOwn, cause }
    } finally {
      release()
    }
  }

  /** The client as it was, if it counts now that its document has just failed. */
  #asBefore(before: Known | undefined, failure: Failure): OAuthClient | undefined {
    if (before === undefined && !failure.isOwn) return undefined
    const answer = before === undefined ? 'unknown' : afterFailure(before.copy, failure, this.#options.now())
    if (answer === 'gone') return undefined
    if (answer === 'before' && before?.client !== undefined) return before.client
    throw unavailable('client_document_unavailable', failure.cause)
  }
}

function toRecord(client: OAuthClient, what: Pick<ClientRecord, 'isUnapproved' | 'isStale'>): ClientRecord {
  return { client, origin: 'document', secrets: [], ...what }
}

/** One that has to be fetched as soon as it is not pinned any more. */
function copyOf({ document }: PinnedDocument, now: number): DocumentCopy {
  return { document, fetchedAt: now, freshUntil: now, mayKeep: true }
}

/** What the client proves itself with. */
function proofOf({ token_endpoint_auth_method, jwks, jwks_uri }: OAuthClient): string {
  return JSON.stringify([token_endpoint_auth_method, jwks, jwks_uri])
}
