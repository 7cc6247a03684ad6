import { type Clock, isDuring, secondsBetween } from '../../clock.js'
import type { EventListener } from '../../events.js'
import type { Fetch } from '../../http/fetch-json.js'
import { FetchSlots } from '../../http/fetch-slots.js'
import { unavailable } from '../../oauth-error.js'
import type { Collection } from '../../storage/collection.js'
import { RecentlyUsed } from '../../storage/recently-used.js'
import type { ClientRecord, OAuthClient } from './client.js'
import { checkClientDocument, type DocumentPolicy } from './client-document.js'
import { DocumentError } from './document-error.js'
import { afterFailure } from './document-failure.js'
import { isDocumentUrl } from './document-url.js'
import { FailedAttempts } from './failed-attempts.js'
import { type DocumentCopy, fetchClientDocument } from './fetch-client-document.js'

/** What a client is looked for. */
export type ClientUse =
  /** To let a user allow it something: it must be what it says of itself now. */
  | 'authorization'
  /** To let it use what a user has allowed: for a while, it may be what it said before. */
  | 'authentication'

/** How much older than the last one the stored copy of a document may be, in seconds. */
const storedCopyAge = 12 * 3600
/** How many documents are kept in memory. */
const capacity = 1000
/**
 * How many documents of strangers, whom no user has allowed anything, are fetched at once. The fetch itself allows more:
 * they are not to use up all.
 */
const strangersAtOnce = { total: 16, perHost: 4 }

export interface ClientDocumentsOptions {
  readonly fetch: Fetch
  /** In bytes. */
  readonly sizeLimit: number
  /** Asked before anything is fetched, and before what was fetched is used. */
  readonly allows: (clientId: string) => boolean | Promise<boolean>
  readonly policy: DocumentPolicy
  /** Whether a client that no user has allowed anything is fetched to authenticate it: some grants need no user. */
  readonly fetchesStrangers: boolean
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
}

/** The client as it says now, or why that is not known. */
type Outcome = { readonly client: OAuthClient; readonly isAnswer: true } | Failure

interface Failure {
  readonly cause: unknown
  /** Whether it is what the client's own server answered: then it is no outage. */
  readonly isAnswer: boolean
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
  readonly #known = new RecentlyUsed<Known>(capacity)
  readonly #pending = new Map<string, Promise<Outcome>>()
  readonly #failed: FailedAttempts
  readonly #strangers = new FetchSlots(strangersAtOnce.total, strangersAtOnce.perHost)

  constructor(options: ClientDocumentsOptions) {
    this.#options = options
    this.#failed = new FailedAttempts(options.now)
  }

  /**
   * Finds a client. `undefined` says that there is none, for whatever reason: who asks learns nothing of the network.
   *
   * @throws `temporarily_unavailable` if users have allowed the client something, and it cannot be known for the moment.
   */
  async find(clientId: string, use: ClientUse): Promise<ClientRecord | undefined> {
    if (!isDocumentUrl(clientId) || !(await this.#isAllowed(clientId))) return undefined
    const known = this.#known.get(clientId) ?? (await this.#load(clientId))
    if (
      known?.client !== undefined &&
      isDuring(this.#options.now(), known.copy.fetchedAt, known.copy.freshUntil)
    )
      return toRecord(known.client)
    if (known === undefined && use === 'authentication' && !this.#options.fetchesStrangers) return undefined

    // Also one that was fetched before: it may have answered quickly then, to be slow now.
    const isStranger = known === undefined || (await this.#options.copies.find(clientId)) === undefined
    const outcome = await this.#refresh(clientId, known, isStranger)
    if ('client' in outcome) return toRecord(outcome.client)
    const before = this.#known.get(clientId) ?? known
    return before === undefined || use === 'authorization' ? undefined : this.#asBefore(before, outcome)
  }

  /** Keeps a copy of the document for as long as what a user allows the client now may last. */
  async keep(clientId: string): Promise<void> {
    const known = this.#known.get(clientId)
    if (known === undefined) return
    const { copies, grantLifetime, now } = this.#options
    const stored = await copies.find(clientId)
    const isKept = stored !== undefined && stored.expiresAt >= now() + grantLifetime
    const isOld = secondsBetween(known.copy.fetchedAt, stored?.value.fetchedAt ?? 0) >= storedCopyAge
    if (isKept && !isOld && stored.value.goneSince === known.copy.goneSince) return
    const { document, etag, ...times } = known.copy
    // For twice that time, so that it is written once in it.
    await copies.save(clientId, known.copy.mayKeep ? known.copy : times, now() + 2 * grantLifetime)
  }

  async #isAllowed(clientId: string): Promise<boolean> {
    try {
      return await this.#options.allows(clientId)
    } catch (cause) {
      throw unavailable('client_policy_failed', cause)
    }
  }

  async #load(clientId: string): Promise<Known | undefined> {
    const copy = (await this.#options.copies.find(clientId))?.value
    if (copy === undefined) return undefined
    const known = { copy, client: this.#clientOf(clientId, copy) }
    this.#known.set(clientId, known)
    return known
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
  #refresh(clientId: string, known: Known | undefined, isStranger: boolean): Promise<Outcome> {
    const pending = this.#pending.get(clientId)
    if (pending !== undefined) return pending
    const outcome = this.#fetchAndNote(clientId, known, isStranger).finally(() =>
      this.#pending.delete(clientId),
    )
    this.#pending.set(clientId, outcome)
    return outcome
  }

  async #fetchAndNote(clientId: string, known: Known | undefined, isStranger: boolean): Promise<Outcome> {
    const outcome = await this.#fetch(clientId, known, isStranger)
    if (known !== undefined && outcome.isAnswer) await this.#noteAnswer(clientId, known, 'client' in outcome)
    return outcome
  }

  /**
   * Notes since when the website of a client answers without its document, or that it does not any more. In the store, too,
   * if users have allowed the client something: other processes, and this one after a restart, would begin to count anew.
   */
  async #noteAnswer(clientId: string, known: Known, hasDocument: boolean): Promise<void> {
    if (hasDocument && known.copy.goneSince === undefined) return
    const { copies, now } = this.#options
    const stored = await copies.find(clientId)
    // What others have noted counts, unless this process has had the document since; and they may have had it since.
    const { goneSince: noted } = stored?.value ?? known.copy
    const isSame = noted !== undefined && noted >= known.copy.fetchedAt
    const goneSince = hasDocument ? undefined : isSame ? noted : now()
    if (!hasDocument) this.#known.set(clientId, { ...known, copy: { ...known.copy, goneSince } })
    if (stored !== undefined && stored.value.goneSince !== goneSince)
      await copies.replace(clientId, stored, { ...stored.value, goneSince }, stored.expiresAt)
  }

  async #fetch(clientId: string, known: Known | undefined, isStranger: boolean): Promise<Outcome> {
    const { now, emit, ...options } = this.#options
    let release = () => {}
    try {
      if (!this.#failed.mayTry(clientId)) throw new Error('it failed too often a moment ago')
      if (isStranger) release = this.#strangers.take(new URL(clientId).hostname)
      const copy = await fetchClientDocument(clientId, { ...options, now: now() }, known?.copy)
      const client = checkClientDocument(copy.document, clientId, options.policy)
      if (known?.client !== undefined && proofOf(known.client) !== proofOf(client)) {
        emit({ type: 'client.rekeyed', clientId })
      }
      this.#known.set(clientId, { copy, client })
      this.#failed.forget(clientId)
      return { client, isAnswer: true }
    } catch (cause) {
      if (this.#failed.mayTry(clientId)) this.#failed.add(clientId)
      emit({ type: 'document.failed', clientId, cause })
      const isAnswer = cause instanceof DocumentError && cause.isAnswer
      return { isAnswer, cause }
    } finally {
      release()
    }
  }

  /** What to do with a client that users have allowed something, and whose document has just failed. */
  #asBefore({ copy, client }: Known, failure: Failure): ClientRecord | undefined {
    const answer = afterFailure(copy, failure, this.#options.now())
    if (answer === 'before' && client !== undefined) return toRecord(client)
    if (answer === 'gone') return undefined
    throw unavailable('client_document_unavailable', failure.cause)
  }
}

function toRecord(client: OAuthClient): ClientRecord {
  return { client, origin: 'document', secrets: [] }
}

/** What the client proves itself with. */
function proofOf({ token_endpoint_auth_method, jwks, jwks_uri }: OAuthClient): string {
  return JSON.stringify([token_endpoint_auth_method, jwks, jwks_uri])
}
