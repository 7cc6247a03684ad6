import type { JSONWebKeySet } from 'jose'
import { checkedOptions, type OptionTable } from '../../options/option-table.js'
import { isObject, option, required } from '../../options/rows.js'

/** A client, with the names of RFC 7591 section 2. */
export interface OAuthClient {
  readonly client_id: string
  readonly client_name?: string | undefined
  readonly client_uri?: string | undefined
  readonly logo_uri?: string | undefined
  readonly tos_uri?: string | undefined
  readonly policy_uri?: string | undefined
  readonly contacts?: readonly string[] | undefined
  readonly software_id?: string | undefined
  readonly software_version?: string | undefined
  readonly application_type?: string | undefined
  readonly redirect_uris: readonly string[]
  readonly grant_types: readonly string[]
  readonly response_types: readonly string[]
  readonly token_endpoint_auth_method: string
  /** The only signature algorithm for assertions of `private_key_jwt`. Default: any asymmetric one. */
  readonly token_endpoint_auth_signing_alg?: string | undefined
  /** The public keys of `private_key_jwt`, or their URL. Never both. */
  readonly jwks?: JSONWebKeySet | undefined
  readonly jwks_uri?: string | undefined
  /**
   * The scopes that the client gets if it asks for none, separated by spaces. For a configured client, they are also the
   * most that it can get. For a registered client, they are not a limit: it could have registered for any scope, and
   * official clients register with those of the first challenge.
   */
  readonly scope?: string | undefined
  /** When the client registered, in seconds since the epoch. */
  readonly client_id_issued_at?: number | undefined
  /** When the secret expires, in seconds since the epoch; 0 for never. Only for clients with a secret. */
  readonly client_secret_expires_at?: number | undefined
}

/** Whether a value has the members of a client that grants depend on. For hooks that are written in JavaScript. */
export function looksLikeClient(value: unknown): value is OAuthClient {
  const { client_id, grant_types, token_endpoint_auth_method } = (value ?? {}) as Partial<OAuthClient>
  const texts: readonly unknown[] = [client_id, token_endpoint_auth_method]
  return texts.every((text) => typeof text === 'string' && text !== '') && Array.isArray(grant_types)
}

/** A client secret as it is stored. */
export interface ClientSecret {
  /** The SHA-256 digest that `secretDigest` returns. */
  readonly digest: string
  /**
   * Seconds since the epoch. Default: never. 0 is refused, because it means never in `client_secret_expires_at` and 1970
   * elsewhere.
   */
  readonly expiresAt?: number | undefined
}

/** Times beyond this are in milliseconds by mistake: the secret would never expire. */
const latestTime = 1e11

function secretTable() {
  return {
    digest: required(
      option(
        'be a digest that secretDigest returned',
        (value) => typeof value === 'string' && /^[\w-]{43}$/.test(value),
      ),
    ),
    expiresAt: option(
      'be a time in seconds since the epoch, more than 0',
      (value) => typeof value === 'number' && value > 0 && value < latestTime,
    ),
  } satisfies OptionTable<ClientSecret>
}

/** What an option with secrets must be, for errors. An entry may be the secret itself by mistake, so no error repeats it. */
export const secretList =
  'a list of { digest, expiresAt? }. Make digests with secretDigest; times are in seconds'

export function areSecretObjects(value: unknown): value is readonly object[] {
  return Array.isArray(value) && value.every(isObject)
}

/**
 * Checks the secrets in an option.
 *
 * @param path The option, for errors: `clients[billing].secrets`.
 * @throws `TypeError`, naming the secret by its index.
 */
export function checkSecrets(path: string, secrets: unknown): void {
  if (!areSecretObjects(secrets)) throw new TypeError(`OAuthProvider: "${path}" must be ${secretList}.`)
  for (const [index, secret] of secrets.entries())
    checkedOptions('OAuthProvider', secret, secretTable(), { path: `${path}[${index}].` })
}

/**
 * Whether a secret has not expired.
 *
 * @param defaultExpiry When it expires if it has no `expiresAt`.
 */
export function isCurrentSecret(
  { expiresAt }: ClientSecret,
  now: number,
  defaultExpiry = Number.POSITIVE_INFINITY,
): boolean {
  return (expiresAt ?? defaultExpiry) > now
}

/** Where a client comes from. */
export type ClientOrigin =
  /** It registered itself (RFC 7591). */
  | 'registration'
  /** The operator configured it in `clients`. */
  | 'configuration'
  /** Its ID is the URL of its metadata document. */
  | 'document'

/** A client as it is stored and looked up. It has digests instead of secrets. */
export interface ClientRecord {
  readonly client: OAuthClient
  readonly origin: ClientOrigin
  /** Any of them is accepted: two overlap while one replaces the other. */
  readonly secrets: readonly ClientSecret[]
  /** Whether only the configured method is accepted. Otherwise, a secret may be sent in either way. */
  readonly isMethodPinned?: boolean | undefined
  /** The resources whose tokens it may introspect. Only for configured clients. */
  readonly introspects?: readonly string[] | undefined
  /** When the registration expires, in seconds since the epoch. Not stored as part of the record. */
  readonly registeredUntil?: number | undefined
  /** Whether no user has approved the client yet. Anyone can make any number of those. Not stored. */
  readonly isUnapproved?: boolean | undefined
  /**
   * Whether the metadata is outdated, because the current document cannot be fetched. A proof that it accepts is valid.
   * A proof that it rejects may be valid by the current document. Not stored.
   */
  readonly isStale?: boolean | undefined
}

/** What a client is looked up for. */
export type ClientUse =
  /** To ask a user to approve it: its metadata must be current. */
  | 'authorization'
  /** To let it use its tokens. Stale metadata is accepted for a while. */
  | 'authentication'

/** Finds a client by its ID. Resolves to `undefined` if the client is unknown. */
export type FindClient = (clientId: string, use: ClientUse) => Promise<ClientRecord | undefined>
