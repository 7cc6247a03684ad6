import type { JSONWebKeySet } from 'jose'
import type { EventListener } from '../../events/auth-event.js'
import { type Fetch, fetchJson } from '../../outbound/fetch-json.js'
import { slotsForUnapprovedClients } from '../../outbound/fetch-slots.js'
import { shownUrl } from '../../outbound/shown-url.js'
import type { Clock } from '../../runtime/clock.js'
import { RecentlyUsed } from '../../runtime/recently-used.js'
import { isSignedByOneOf, type JwtHeader, type VerificationKey } from '../../token-verification/jwt/jws.js'
import { checkedJwks, keySet } from '../../token-verification/keys/key-set.js'
import { RemoteKeys } from '../../token-verification/keys/remote-keys.js'
import type { ClientRecord } from '../clients/client.js'
import { usableKeysOf } from '../clients/jwks-metadata.js'
import { newDecoyKey } from './decoy-key.js'

/**
 * How many key sets are cached: of approved clients that have proved who they are, and of all others. Apart, so that
 * others cannot evict those of approved clients.
 */
const capacity = { approved: 1000, others: 200 }

/**
 * How many keys may match an assertion of a client that is not configured. Each is one more signature to verify, even for a
 * forged assertion. A client that publishes more must name one with `kid`.
 */
const mostCandidates = 4

/** More keys of a client match an assertion than are tried. */
export class TooManyCandidates extends Error {}

/** The largest key set that is read from a `jwks_uri`, in bytes. */
const sizeLimit = 64 * 1024

/** The keys at the `jwks_uri` of clients that are not configured. */
interface Published {
  readonly keys: RemoteKeys
  /** Whether only unapproved clients have used them so far. */
  isUnapproved: boolean
}

/** The members of `AuthorizationServer` that fetching keys needs. */
export interface ClientKeysContext {
  readonly fetchPublic: Fetch | undefined
  readonly now: Clock
  readonly emit: EventListener
}

/** The public keys that clients sign their assertions with, registered or published at a `jwks_uri`. */
export class ClientKeys {
  readonly #context: ClientKeysContext
  /** Never evicted. */
  readonly #configured = new Map<string, RemoteKeys>()
  readonly #approved = new RecentlyUsed<Published>(capacity.approved)
  readonly #others = new RecentlyUsed<Published>(capacity.others)
  readonly #slots = slotsForUnapprovedClients('keys')
  readonly #decoys = new Map<string, Promise<VerificationKey>>()

  constructor(context: ClientKeysContext) {
    this.#context = context
  }

  /**
   * Whether an assertion was signed by its client. A key in the assertion's own header is never used.
   *
   * Verifies against a decoy key if the client has none, so that unknown clients take as long to reject as known ones.
   *
   * @returns `undefined` if the keys may have been replaced, and cannot be fetched now.
   * @throws `temporarily_unavailable` if there are no keys, because they could not be fetched.
   * @throws `TooManyCandidates` if too many keys match.
   */
  async isSignedBy(record: ClientRecord, header: JwtHeader, assertion: string): Promise<boolean | undefined> {
    const most = record.origin === 'configuration' ? Number.POSITIVE_INFINITY : mostCandidates
    const tried = new Set<VerificationKey>()
    const hasSigned = async (keys: readonly VerificationKey[]) => {
      if (keys.length > most) throw new TooManyCandidates()
      // After a refetch, keys that were tried before are not tried again.
      const untried = keys.filter((key) => !tried.has(key))
      for (const key of untried) tried.add(key)
      const candidates = keys.length > 0 ? untried : [await this.#decoy(header.alg)]
      return isSignedByOneOf(candidates, assertion, header.alg)
    }
    const { emit } = this.#context
    const { jwks_uri, jwks = { keys: [] } } = record.client
    if (jwks_uri === undefined) return hasSigned(await keySet(jwks, most + 1).find(header))
    if (record.origin === 'configuration') {
      return this.#keysOfConfigured(jwks_uri).isSignedBy(header, hasSigned, emit)
    }
    const published = this.#publishedAt(jwks_uri)
    if (record.isUnapproved === false) published.isUnapproved = false
    const isSigned = await published.keys.isSignedBy(header, hasSigned, emit)
    if (isSigned && record.isUnapproved === false) this.#approved.set(jwks_uri, published)
    return isSigned
  }

  /** A URL that the operator wrote may be in the operator's own network. */
  #keysOfConfigured(jwksUri: string): RemoteKeys {
    const found = this.#configured.get(jwksUri)
    if (found !== undefined) return found
    const keys = new RemoteKeys(() => fetchKeys(jwksUri), this.#context.now)
    this.#configured.set(jwksUri, keys)
    return keys
  }

  /** Any other URL must be public. */
  #publishedAt(jwksUri: string): Published {
    const found = this.#approved.get(jwksUri) ?? this.#others.get(jwksUri)
    if (found !== undefined) return found
    const { fetchPublic = refuseToFetch, now } = this.#context
    const fetchFromUri = () => fetchKeys(jwksUri, fetchPublic)
    const fetchPublished = () =>
      published.isUnapproved ? this.#slots.run(jwksUri, fetchFromUri) : fetchFromUri()
    const published: Published = { keys: new RemoteKeys(fetchPublished, now), isUnapproved: true }
    this.#others.set(jwksUri, published)
    return published
  }

  #decoy(algorithm: string): Promise<VerificationKey> {
    const decoy = this.#decoys.get(algorithm) ?? newDecoyKey(algorithm)
    this.#decoys.set(algorithm, decoy)
    return decoy
  }
}

async function fetchKeys(jwksUri: string, fetch?: Fetch): Promise<JSONWebKeySet> {
  return usableKeysOf(checkedJwks('jwks_uri', await fetchJson(jwksUri, { fetch, limit: sizeLimit })))
}

/** The client registered where this server could fetch safely. */
const refuseToFetch: Fetch = async (url) => {
  throw new Error(`${shownUrl(url)} cannot be fetched safely here`)
}
