import type { AuthorizationServer } from '../authorization-server/authorization-server.js'
import type { ClientRecord } from '../authorization-server/clients/client.js'
import { fetchJson } from '../http/fetch-json.js'
import { RecentlyUsed } from '../storage/recently-used.js'
import type { KeySource } from '../token-verification/jws.js'
import { checkedJwks, keySet } from '../token-verification/keys.js'
import { RemoteKeys } from '../token-verification/remote-keys.js'

/** How many key sets are kept in memory. */
const capacity = 1000

/** The largest key set that is read from a `jwks_uri`, in bytes. */
const sizeLimit = 64 * 1024

/** The public keys that clients sign their assertions with: those that they registered, or published elsewhere. */
export class ClientKeys {
  readonly #server: Pick<AuthorizationServer, 'fetchPublic' | 'now' | 'emit'>
  readonly #fetched = new RecentlyUsed<KeySource>(capacity)

  constructor(server: Pick<AuthorizationServer, 'fetchPublic' | 'now' | 'emit'>) {
    this.#server = server
  }

  /** The keys of a client. Never what an assertion says of keys itself. */
  of({ client, origin }: ClientRecord): KeySource {
    if (client.jwks_uri !== undefined) return this.#remote(client.jwks_uri, origin)
    return keySet(client.jwks ?? { keys: [] })
  }

  #remote(jwksUri: string, origin: ClientRecord['origin']): KeySource {
    const key = `${origin} ${jwksUri}`
    const known = this.#fetched.get(key)
    if (known !== undefined) return known
    const { fetchPublic, now, emit } = this.#server
    const fetchKeys = async () => {
      // What the operator wrote may be in the operator's own network; what a client wrote must not be.
      if (origin !== 'configuration' && fetchPublic === undefined) {
        throw new Error(`${jwksUri} cannot be fetched safely here`)
      }
      const fetch = origin === 'configuration' ? undefined : fetchPublic
      return checkedJwks('jwks_uri', await fetchJson(jwksUri, { fetch, limit: sizeLimit }))
    }
    const keys = new RemoteKeys(fetchKeys, now, emit)
    this.#fetched.set(key, keys)
    return keys
  }
}
