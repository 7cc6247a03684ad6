import type { JSONWebKeySet } from 'jose'
import { refuseUnknownOptions } from '../../options/unknown-options.js'
import { checkedUrl } from '../../options/url.js'
import { usesSecret } from '../clients/authentication-methods.js'
import { type ClientRecord, type ClientSecret, checkSecretNames, isClientSecret } from '../clients/client.js'
import {
  type ClientMetadata,
  type ClientMetadataPolicy,
  checkClientMetadata,
  clientMetadataMembers,
} from '../clients/client-metadata.js'

/**
 * A client that the operator names in the options, with the members of RFC 7591 section 2.
 *
 * A client with a secret may send it in the `Authorization` header or in the body, unless `token_endpoint_auth_method` names
 * one of the two: then that one alone. Without it, metadata says `client_secret_basic`, as in the RFC. A client without `grant_types` has
 * `['authorization_code']`, or none if it introspects. `scope` is the most that the client can get; without it, that is
 * all of `scopesSupported`.
 */
export interface StaticClient extends Partial<ClientMetadata> {
  /** Letters, digits and `-._~`: what is the same in every encoding. */
  readonly client_id: string
  /** The digests of its secrets, made with `secretDigest`. Two may overlap while one replaces the other. */
  readonly secrets?: readonly ClientSecret[] | undefined
  /** The public keys of `private_key_jwt`. */
  readonly jwks?: JSONWebKeySet | undefined
  /**
   * The resources that it serves, each as in `resources`: it may ask the introspection endpoint about the access tokens
   * for them, whichever client has them. A client without it is told of its own tokens alone.
   */
  readonly introspects?: readonly string[] | undefined
}

/** The names of all members: those of the metadata, and those that only an operator may say. */
const memberNames = Object.fromEntries(
  ['client_id', 'secrets', 'introspects', ...clientMetadataMembers].map((member) => [member, true]),
)

export interface StaticClientPolicy extends Omit<ClientMetadataPolicy, 'checkJwksUri'> {
  /** Whether keys may be fetched over http. */
  readonly allowInsecure: boolean
}

/**
 * The clients of the option `clients`, by their ids.
 *
 * @throws `TypeError`, naming the client, for anything that is wrong: what is ignored would be a limit that nobody keeps.
 */
export function staticClients(
  clients: readonly StaticClient[],
  policy: StaticClientPolicy,
): ReadonlyMap<string, ClientRecord> {
  if (!Array.isArray(clients)) throw new TypeError('"clients" must be a list')
  const records = new Map<string, ClientRecord>()
  for (const client of clients as readonly StaticClient[]) {
    const { client_id: id } = client
    if (typeof id !== 'string' || !/^[\w.~-]{1,255}$/.test(id)) {
      throw new TypeError('"clients" must have a client_id each, of letters, digits and -._~')
    }
    refuseUnknownOptions('OAuthProvider', client, memberNames, {
      path: `clients[${id}].`,
      remedies: { client_secret: 'It would be a secret in plain text. Put its digest into "secrets".' },
    })
    checkSecretNames(`clients[${id}].secrets`, client.secrets)
    if (records.has(id)) throw new TypeError(`"clients" has ${id} twice`)
    try {
      records.set(id, toRecord(client, policy))
    } catch (error) {
      throw new TypeError(`"clients" (${id}): ${(error as Error).message}`)
    }
  }
  return records
}

function toRecord(client: StaticClient, { allowInsecure, ...policy }: StaticClientPolicy): ClientRecord {
  const { client_id, secrets = [], introspects, ...given } = client
  // A resource server need not get tokens to ask about those of others.
  const metadata = introspects === undefined ? given : { grant_types: [], ...given }
  const checked = checkClientMetadata(metadata, {
    ...policy,
    checkJwksUri: (uri) => checkedUrl('jwks_uri', uri.split('?', 1)[0] ?? '', { allowInsecure }),
  })
  checkSecrets(checked.token_endpoint_auth_method, secrets)
  // Where clients say themselves what they want, an unknown scope is only left out.
  const strange = metadata.scope?.split(' ').find((scope) => !policy.scopesSupported.includes(scope))
  if (strange !== undefined) throw new TypeError(`the scope "${strange}" is not in "scopesSupported"`)
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
  if (method === 'none') throw new TypeError('"introspects" is for clients that authenticate')
}

function checkSecrets(method: string, secrets: readonly ClientSecret[]): void {
  if (!Array.isArray(secrets) || !secrets.every(isClientSecret)) {
    throw new TypeError(
      '"secrets" must be a list of { digest, expiresAt? }, with digests of secretDigest, and times in seconds',
    )
  }
  if (usesSecret(method) && secrets.length === 0) {
    throw new TypeError(`${method} needs "secrets"`)
  }
  if (!usesSecret(method) && secrets.length > 0) {
    throw new TypeError(`"secrets" are not for ${method}`)
  }
}
