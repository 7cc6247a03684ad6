/** A registered client, with the names of RFC 7591 section 2. */
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
  /**
   * The scopes that the client gets if it asks for none, separated by spaces. No limit: a client that registers
   * itself could have registered for any, and official clients register with the scopes of the first challenge.
   */
  readonly scope?: string | undefined
  readonly client_id_issued_at: number
  /** When the secret expires, in seconds since the epoch; 0 for never. Only for clients with a secret. */
  readonly client_secret_expires_at?: number | undefined
}

/** What is stored of a client: its metadata, and the digest of its secret instead of the secret. */
export interface ClientRecord {
  readonly client: OAuthClient
  readonly secretDigest?: string | undefined
}
