import type { JSONWebKeySet } from 'jose'
import { type OptionNames, refuseUnknownOptions } from '../../options/unknown-options.js'

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
  /** The one algorithm that the assertions of `private_key_jwt` may be signed with. Without it, any. */
  readonly token_endpoint_auth_signing_alg?: string | undefined
  /** The public keys of `private_key_jwt`, or where they are: one of the two. */
  readonly jwks?: JSONWebKeySet | undefined
  readonly jwks_uri?: string | undefined
  /**
   * The scopes that the client gets if it asks for none, separated by spaces. For a client that the operator named, also
   * the most that it can get. For one that registered itself it is no limit: it could have registered for any, and
   * official clients register with the scopes of the first challenge.
   */
  readonly scope?: string | undefined
  /** When the client registered, in seconds since the epoch. */
  readonly client_id_issued_at?: number | undefined
  /** When the secret expires, in seconds since the epoch; 0 for never. Only for clients with a secret. */
  readonly client_secret_expires_at?: number | undefined
}

/** Whether something that was written in JavaScript has answered a client, as far as grants depend on it. */
export function looksLikeClient(value: unknown): value is OAuthClient {
  const { client_id, grant_types, token_endpoint_auth_method } = (value ?? {}) as Partial<OAuthClient>
  const texts: readonly unknown[] = [client_id, token_endpoint_auth_method]
  return texts.every((text) => typeof text === 'string' && text !== '') && Array.isArray(grant_types)
}

/** A secret of a client, as it is stored. */
export interface ClientSecret {
  /** Its SHA-256 digest, as `secretDigest` makes it. */
  readonly digest: string
  /**
   * Seconds since the epoch; without it, the secret does not expire. 0, which means never in `client_secret_expires_at`
   * and long ago elsewhere, is refused.
   */
  readonly expiresAt?: number | undefined
}

const secretMembers = { digest: true, expiresAt: true } as const satisfies OptionNames<ClientSecret>

/** @throws `TypeError` for an unknown member of a secret in a list of the options. Does **not** check anything else. */
export function checkSecretNames(option: string, secrets: unknown): void {
  if (!Array.isArray(secrets)) return
  for (const [index, secret] of secrets.entries()) {
    if (typeof secret !== 'object') continue
    refuseUnknownOptions('OAuthProvider', secret ?? {}, secretMembers, { path: `${option}[${index}].` })
  }
}

/** Later than any time in seconds that is meant: a time in milliseconds would be a secret that never ends. */
const latestTime = 1e11

/**
 * Whether something of the options is a secret as it is stored, and nothing else: it may be the secret itself by mistake,
 * or have an end that is misspelt.
 */
export function isClientSecret(value: unknown): value is ClientSecret {
  if (typeof value !== 'object' || value === null) return false
  const { digest, expiresAt, ...others } = value as Record<string, unknown>
  const isTime = typeof expiresAt === 'number' && expiresAt > 0 && expiresAt < latestTime
  return (
    typeof digest === 'string' &&
    /^[\w-]{43}$/.test(digest) &&
    (expiresAt === undefined || isTime) &&
    Object.values(others).every((other) => other === undefined)
  )
}

/**
 * Whether a secret has not ended.
 *
 * @param otherwise When it ends if it does not say so itself.
 */
export function isCurrentSecret(
  { expiresAt }: ClientSecret,
  now: number,
  otherwise = Number.POSITIVE_INFINITY,
): boolean {
  return (expiresAt ?? otherwise) > now
}

/** How the server came to know a client. */
export type ClientOrigin =
  /** It registered itself (RFC 7591). */
  | 'registration'
  /** The operator named it in the options. */
  | 'configuration'
  /** Its id is the URL of its metadata document. */
  | 'document'

/** What is known of a client: its metadata, and the digests of its secrets instead of the secrets. */
export interface ClientRecord {
  readonly client: OAuthClient
  readonly origin: ClientOrigin
  /** Any of them will do: two overlap while one replaces the other. */
  readonly secrets: readonly ClientSecret[]
  /** Whether the operator allows the one method that its metadata names. Otherwise a secret may be sent in either way. */
  readonly isMethodPinned?: boolean | undefined
  /** The resources whose tokens it may introspect, whoever has them. Only for clients that the operator named. */
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
  /** To let it use what users have approved: for a while, outdated metadata is accepted. */
  | 'authentication'

/** Finds a client by its ID. Resolves to `undefined` if there is none. */
export type FindClient = (clientId: string, use: ClientUse) => Promise<ClientRecord | undefined>
