import type { AuthorizationServer } from '../authorization-server/authorization-server.js'
import type { ClientRecord } from '../authorization-server/clients/client.js'
import { usableKeysOf } from '../authorization-server/clients/client-jwks.js'
import { type Fetch, fetchJson } from '../http/fetch-json.js'
import { FetchSlots } from '../http/fetch-slots.js'
import { RecentlyUsed } from '../storage/recently-used.js'
import type { JwtHeader, KeySource, VerificationKey } from '../token-verification/jws.js'
import { checkedJwks, keySet } from '../token-verification/keys.js'
import { RemoteKeys } from '../token-verification/remote-keys.js'
import { newDecoyKey } from './decoy-key.js'

/** How many key sets of strangers are kept in memory. */
const capacity = 200

/** How many key sets of strangers are fetched at once: with their documents, not all that the fetch itself allows. */
const strangersAtOnce = { total: 12, perHost: 4 }

/** The largest key set that is read from a `jwks_uri`, in bytes. */
const sizeLimit = 64 * 1024

/** The public keys that clients sign their assertions with: those that they registered, or published elsewhere. */
export class ClientKeys {
  readonly #server: Pick<AuthorizationServer, 'fetchPublic' | 'now' | 'emit'>
  /** Apart from those of strangers, who could have them forgotten by being many. */
  readonly #ofStaticClients = new Map<string, KeySource>()
  readonly #ofStrangers = new RecentlyUsed<KeySource>(capacity)
  readonly #strangers = new FetchSlots(strangersAtOnce.total, strangersAtOnce.perHost)
  readonly #decoys = new Map<string, Promise<VerificationKey>>()

  constructor(server: Pick<AuthorizationServer, 'fetchPublic' | 'now' | 'emit'>) {
    this.#server = server
  }

  /**
   * The keys of a client that may have signed an assertion. Never what the assertion says of keys itself.
   *
   * Where there are none, it is a key that has signed nothing: to refuse who is not there takes as long as to refuse who
   * is.
   *
   * @throws `temporarily_unavailable` when they could not be fetched.
   */
  async find(record: ClientRecord, header: JwtHeader): Promise<readonly VerificationKey[]> {
    const found = await this.#keysOf(record).find(header)
    return found.length > 0 ? found : [await this.#decoy(header.alg)]
  }

  #keysOf({ client, origin }: ClientRecord): KeySource {
    const { jwks_uri, jwks = { keys: [] } } = client
    if (jwks_uri === undefined) return keySet(jwks)
    const known = origin === 'configuration' ? this.#ofStaticClients : this.#ofStrangers
    const found = known.get(jwks_uri)
    if (found !== undefined) return found
    const keys = this.#remoteKeys(jwks_uri, origin)
    known.set(jwks_uri, keys)
    return keys
  }

  #remoteKeys(jwksUri: string, origin: ClientRecord['origin']): KeySource {
    const { fetchPublic = refuseToFetch, now, emit } = this.#server
    const fetchKeys = async (fetch?: Fetch) =>
      usableKeysOf(checkedJwks('jwks_uri', await fetchJson(jwksUri, { fetch, limit: sizeLimit })))
    // What the operator wrote may be in the operator's own network; what a stranger wrote must not be.
    if (origin === 'configuration') return new RemoteKeys(fetchKeys, now, emit)
    const fetchKeysOfStranger = async () => {
      const release = this.#strangers.take(new URL(jwksUri).hostname)
      return fetchKeys(fetchPublic).finally(release)
    }
    return new RemoteKeys(fetchKeysOfStranger, now, emit)
  }

  #decoy(algorithm: string): Promise<VerificationKey> {
    const decoy = this.#decoys.get(algorithm) ?? newDecoyKey(algorithm)
    this.#decoys.set(algorithm, decoy)
    return decoy
  }
}

/** The client registered where this server could fetch safely. */
const refuseToFetch: Fetch = async (url) => {
  throw new Error(`${url} cannot be fetched safely here`)
}
