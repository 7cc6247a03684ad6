import type { JSONWebKeySet } from 'jose'
import { type Fetch, fetchJson } from '../../outbound/fetch-json.js'
import { FetchSlots } from '../../outbound/fetch-slots.js'
import { shownUrl } from '../../outbound/shown-url.js'
import { RecentlyUsed } from '../../runtime/recently-used.js'
import { isSignedByOneOf, type JwtHeader, type VerificationKey } from '../../token-verification/jwt/jws.js'
import { checkedJwks, keySet } from '../../token-verification/keys/key-set.js'
import { RemoteKeys } from '../../token-verification/keys/remote-keys.js'
import type { ClientRecord } from '../clients/client.js'
import { usableKeysOf } from '../clients/jwks-metadata.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import { newDecoyKey } from './decoy-key.js'

/**
 * How many key sets are kept in memory: of clients that users have allowed something, and that have proved who they are; and
 * of all others.
 */
const capacity = { ofAllowed: 1000, ofOthers: 200 }

/** How many key sets of strangers are fetched at once: with their documents, not all that the fetch itself allows. */
const strangersAtOnce = { total: 12, perHost: 3 }

/**
 * How many keys may fit an assertion of a client that the operator did not configure: each is one more signature to check,
 * and one more for every assertion that somebody makes up. A client that publishes more names one with `kid`.
 */
const mostCandidates = 4

/** More keys of a client fit an assertion than are tried. */
export class TooManyCandidates extends Error {}

/** The largest key set that is read from a `jwks_uri`, in bytes. */
const sizeLimit = 64 * 1024

/** What is published at the `jwks_uri` of clients that the operator did not name. */
interface Published {
  readonly keys: RemoteKeys
  /** Whether only clients have asked for it that nobody has allowed anything. */
  isOfStrangers: boolean
}

/** The public keys that clients sign their assertions with: those that they registered, or published elsewhere. */
export class ClientKeys {
  readonly #server: Pick<AuthorizationServer, 'fetchPublic' | 'now' | 'emit'>
  /** Apart from all others, who could have them forgotten by being many. */
  readonly #ofStaticClients = new Map<string, RemoteKeys>()
  /** Apart from those that anybody could name. */
  readonly #ofAllowed = new RecentlyUsed<Published>(capacity.ofAllowed)
  readonly #ofOthers = new RecentlyUsed<Published>(capacity.ofOthers)
  readonly #strangers = new FetchSlots(strangersAtOnce.total, strangersAtOnce.perHost)
  readonly #decoys = new Map<string, Promise<VerificationKey>>()

  constructor(server: Pick<AuthorizationServer, 'fetchPublic' | 'now' | 'emit'>) {
    this.#server = server
  }

  /**
   * Whether an assertion was signed by its client. Never with a key that the assertion brings along itself.
   *
   * Where there are no keys, it is checked with one that has signed nothing: to refuse who is not there takes as long as to
   * refuse who is.
   *
   * `undefined` says that nobody can tell: the keys may have been replaced, and cannot be fetched for the moment.
   *
   * @throws `temporarily_unavailable` when there are none, because they could not be fetched.
   * @throws `TooManyCandidates` if too many keys fit.
   */
  async isSignedBy(record: ClientRecord, header: JwtHeader, assertion: string): Promise<boolean | undefined> {
    const most = record.origin === 'configuration' ? Number.POSITIVE_INFINITY : mostCandidates
    const tried = new Set<VerificationKey>()
    const hasSigned = async (keys: readonly VerificationKey[]) => {
      if (keys.length > most) throw new TooManyCandidates()
      // Where keys are looked up again, those of before are not tried again.
      const untried = keys.filter((key) => !tried.has(key))
      for (const key of untried) tried.add(key)
      const candidates = keys.length > 0 ? untried : [await this.#decoy(header.alg)]
      return isSignedByOneOf(candidates, assertion, header.alg)
    }
    const { emit } = this.#server
    const { jwks_uri, jwks = { keys: [] } } = record.client
    if (jwks_uri === undefined) return hasSigned(await keySet(jwks, most + 1).find(header))
    if (record.origin === 'configuration') {
      return this.#keysOfStaticClient(jwks_uri).isSignedBy(header, hasSigned, emit)
    }
    const published = this.#publishedAt(jwks_uri)
    if (record.isStranger === false) published.isOfStrangers = false
    const isSigned = await published.keys.isSignedBy(header, hasSigned, emit)
    if (isSigned && record.isStranger === false) this.#ofAllowed.set(jwks_uri, published)
    return isSigned
  }

  /** What the operator wrote may be in the operator's own network. */
  #keysOfStaticClient(jwksUri: string): RemoteKeys {
    const found = this.#ofStaticClients.get(jwksUri)
    if (found !== undefined) return found
    const keys = new RemoteKeys(() => fetchKeys(jwksUri), this.#server.now)
    this.#ofStaticClients.set(jwksUri, keys)
    return keys
  }

  /** What anybody else wrote must not be. */
  #publishedAt(jwksUri: string): Published {
    const found = this.#ofAllowed.get(jwksUri) ?? this.#ofOthers.get(jwksUri)
    if (found !== undefined) return found
    const { fetchPublic = refuseToFetch, now } = this.#server
    const fetchPublished = async () => {
      const isOfStrangers = published.isOfStrangers
      const release = isOfStrangers ? this.#strangers.take(new URL(jwksUri).hostname) : () => {}
      return fetchKeys(jwksUri, fetchPublic).finally(release)
    }
    const published: Published = { keys: new RemoteKeys(fetchPublished, now), isOfStrangers: true }
    this.#ofOthers.set(jwksUri, published)
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
