import type { JSONWebKeySet } from 'jose'
import { refuseUnknownOptions } from '../../options/unknown-options.js'
import { checkedUrl } from '../../options/url.js'
import { usesSecret } from '../clients/authentication-methods.js'
import { type ClientRecord, type ClientSecret, checkSecrets } from '../clients/client.js'
import {
  type ClientMetadata,
  type ClientMetadataPolicy,
  checkClientMetadata,
  clientMetadataMembers,
} from '../clients/client-metadata.js'

/**
 * A client that the operator configures in `clients`, with the members of RFC 7591 section 2.
 *
 * If `token_endpoint_auth_method` is set, only that method is accepted. Otherwise, a client with a secret may send it in the
 * `Authorization` header or in the body. `grant_types` is `['authorization_code']` by default, or empty if the client
 * introspects. `scope` lists the scopes that the client can be granted. Default: all of `scopesSupported`.
 */
export interface StaticClient extends Partial<ClientMetadata> {
  /** Letters, digits and `-._~`, which are the same in every encoding. */
  readonly client_id: string
  /** The digests of its secrets, made with `secretDigest`. Two may overlap while one replaces the other. */
  readonly secrets?: readonly ClientSecret[] | undefined
  /** The public keys of `private_key_jwt`. */
  readonly jwks?: JSONWebKeySet | undefined
  /**
   * The resources that it serves, as in `resources`. It may introspect access tokens for these resources, whichever client
   * they were issued to. Without it, a client may introspect its own tokens only.
   */
  readonly introspects?: readonly string[] | undefined
}

/** The names of all members: those of the metadata, and those for configured clients only. */
const memberNames = Object.fromEntries(
  ['client_id', 'secrets', 'introspects', ...clientMetadataMembers].map((member) => [member, true]),
)

export interface StaticClientPolicy extends Omit<ClientMetadataPolicy, 'checkJwksUri'> {
  /** Whether keys may be fetched over http. */
  readonly allowInsecure: boolean
}

/**
 * Checks the option `clients` and returns the clients by their IDs.
 *
 * @throws `TypeError`, naming the client. Nothing is ignored: an ignored member might be a limit.
 */
export function staticClients(
  clients: readonly StaticClient[],
  policy: StaticClientPolicy,
): ReadonlyMap<string, ClientRecord> {
  if (!Array.isArray(clients)) throw new TypeError('OAuthProvider: "clients" must be a list.')
  const records = new Map<string, ClientRecord>()
  for (const client of clients as readonly StaticClient[]) {
    const { client_id: id } = client
    if (typeof id !== 'string' || !/^[\w.~-]{1,255}$/.test(id)) {
      throw new TypeError('OAuthProvider: "clients" must each have a "client_id" of letters, digits and -._~')
    }
    refuseUnknownOptions('OAuthProvider', client, memberNames, {
      path: `clients[${id}].`,
      remedies: { client_secret: 'It would store the secret in plain text. Put its digest into "secrets".' },
    })
    if (client.secrets !== undefined) checkSecrets(`clients[${id}].secrets`, client.secrets)
    if (records.has(id))
      throw new TypeError(
        `OAuthProvider: "clients" must each have a unique "client_id": ${id} is there twice.`,
      )
    try {
      records.set(id, toRecord(client, policy))
    } catch (error) {
      throw new TypeError(`OAuthProvider: "clients" (${id}): ${(error as Error).message}`)
    }
  }
  return records
}

function toRecord(client: StaticClient, { allowInsecure, ...policy }: StaticClientPolicy): ClientRecord {
  const { client_id, secrets = [], introspects, ...given } = client
  // A resource server that introspects need not get tokens itself.
  const metadata = introspects === undefined ? given : { grant_types: [], ...given }
  const checked = checkClientMetadata(metadata, {
    ...policy,
    checkJwksUri: (uri) => checkedUrl('jwks_uri', uri.split('?', 1)[0] ?? '', { allowInsecure }),
  })
  checkSecretCount(checked.token_endpoint_auth_method, secrets)
  // In the metadata of other clients, an unknown scope is only left out.
  const unknown = metadata.scope?.split(' ').find((scope) => !policy.scopesSupported.includes(scope))
  if (unknown !== undefined) throw new TypeError(`the scope "${unknown}" is not in "scopesSupported"`)
  if (introspects !== undefined)
    checkIntrospects(introspects, checked.token_endpoint_auth_method, allowInsecure)
  return {
    client: { client_id, ...checked },
    origin: 'configuration',
    secrets: [...secrets],
    isMethodPinned: metadata.token_endpoint_auth_method !== undefined,
    introspects,
  }
}

function checkIntrospects(resources: readonly string[], method: string, allowInsecure: boolean): void {
  if (!Array.isArray(resources) || resources.length === 0) {
    throw new TypeError('"introspects" must be a list of resources')
  }
  for (const resource of resources) checkedUrl('introspects', resource, { allowInsecure })
  if (method === 'none') throw new TypeError('"introspects" must be set only for clients that authenticate')
}

function checkSecretCount(method: string, secrets: readonly ClientSecret[]): void {
  if (usesSecret(method) && secrets.length === 0) {
    throw new TypeError(`"secrets" must be set for ${method}`)
  }
  if (!usesSecret(method) && secrets.length > 0) {
    throw new TypeError(`"secrets" must not be set for ${method}`)
  }
}
