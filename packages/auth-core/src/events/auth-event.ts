import type {
  ClientRejection,
  ConsentRejection,
  DocumentFailure,
  FailureReason,
  TokenRejection,
  UnavailableSource,
} from '../oauth/reasons.js'

/**
 * A fact that the operator must know and the client must not. No event carries a token, a code, a secret or an
 * assertion. `docs/reference/events.md` lists them all.
 */
export type AuthEvent = Fact & {
  /**
   * Identifies the request to the authorization server: all its events and its error page have the same ID. Events of
   * verifiers, keys and options have none, because no request is at hand there.
   */
  readonly requestId?: string | undefined
  /** What the operator or developer can do, for example the option to set. */
  readonly hint?: string | undefined
}

/** Why a bearer token was refused, and what would have been accepted. */
export interface TokenRefusal {
  readonly reason: TokenRejection
  /** The configured issuers of the verifier that refused, separated by spaces. Never the issuer that the token names. */
  readonly issuer?: string | undefined
  /** The configured values that the token does not match. Never a value from the token. */
  readonly expected?: Readonly<Record<string, string | readonly string[]>> | undefined
  readonly hint?: string | undefined
}

type Fact =
  /** A bearer token was refused for `reason`; the client reads only `invalid_token`. See {@link TokenRefusal}. */
  | {
      readonly type: 'token.rejected'
      readonly reason: TokenRejection
      readonly issuer?: string | undefined
      readonly expected?: Readonly<Record<string, string | readonly string[]>> | undefined
    }
  /** A valid token lacked a scope that the operation needs. The challenge asked the client to request `scopes`. */
  | {
      readonly type: 'scope.missing'
      readonly clientId?: string | undefined
      readonly subject?: string | undefined
      readonly scopes: readonly string[]
    }
  /** Keys, a store or another source is unreachable. Requests get a 503, or are served from a cache. */
  | { readonly type: 'source.unavailable'; readonly source: UnavailableSource; readonly cause: unknown }
  /**
   * Emitted once, when the provider is created: anyone may register clients, and rate limits cannot tell callers apart, so
   * one caller can exhaust the limit for all. `hint` names the options to set.
   */
  | { readonly type: 'registration.open' }
  /**
   * Emitted once, when the provider is created: this runtime cannot fetch client metadata documents safely (`cause` says
   * why), so clients whose ID is a URL are unknown. Not emitted if `clientIdMetadataDocuments` is `false`.
   */
  | { readonly type: 'documents.off'; readonly cause: unknown }
  /**
   * A client registered itself. `leftOut` lists the requested values that were not registered, by metadata member: as the
   * client wrote them, cut to a maximum length, in printable characters.
   */
  | {
      readonly type: 'client.registered'
      readonly clientId: string
      readonly leftOut?: Readonly<Record<string, readonly string[]>> | undefined
      /** Too many registrations are unused, so this one expires after `lifetimes.briefRegistration` unless it obtains a token. */
      readonly brief?: boolean | undefined
    }
  /** A client metadata document could not be fetched, or is invalid. `reason` and `cause` say why. */
  | {
      readonly type: 'document.failed'
      readonly clientId: string
      readonly reason: DocumentFailure
      /** The HTTP status of the response, if `reason` is `status`. */
      readonly status?: number | undefined
      readonly cause: unknown
    }
  /**
   * A client metadata document changed its authentication method, its keys or its `jwks_uri`. Not emitted if the keys
   * behind the same `jwks_uri` change.
   */
  | { readonly type: 'client.rekeyed'; readonly clientId: string }
  /** Client authentication failed. */
  | {
      readonly type: 'client.rejected'
      readonly clientId?: string | undefined
      readonly reason: ClientRejection
    }
  /** A rate limit was reached. The request got a 429. */
  | {
      readonly type: 'request.limited'
      readonly endpoint: string
      /** When the limit was checked: see `RateLimitedMoment`. */
      readonly stage: 'arrived' | 'checked' | 'authenticated' | 'proving' | 'failed'
      /** The client. For `failed`, the client that the caller claimed to be. */
      readonly clientId?: string | undefined
      readonly subject?: string | undefined
      /** The address that the application's `clientAddress` returned. */
      readonly address?: string | undefined
      readonly retryAfter: number
    }
  /** The consent page was shown to the user. */
  | {
      readonly type: 'consent.shown'
      readonly clientId: string
      readonly subject: string
      readonly scopes: readonly string[]
      readonly resources: readonly string[]
    }
  /**
   * An answer to the consent page was refused: it came from another browser, site or user than the page was shown to, or
   * the client's metadata has changed the request since.
   */
  | {
      readonly type: 'consent.rejected'
      readonly reason: ConsentRejection
      readonly clientId?: string | undefined
    }
  /** The user allowed the client, and a code was issued. */
  | {
      readonly type: 'authorization.granted'
      readonly clientId: string
      readonly subject: string
      readonly scopes: readonly string[]
      readonly resources: readonly string[]
    }
  /** The user, or the application for the user, denied the client. */
  | { readonly type: 'authorization.denied'; readonly by: 'user' | 'application'; readonly clientId: string }
  /** Tokens were issued. */
  | {
      readonly type: 'tokens.issued'
      readonly grantType: string
      readonly clientId: string
      readonly subject: string
      readonly scopes: readonly string[]
      /** The grant that the tokens belong to, for `revokeTokens`. */
      readonly grantId: string
    }
  /** The client presented a code that it had already redeemed. The tokens of that code were revoked. */
  | { readonly type: 'code.replayed'; readonly clientId: string }
  /** A refresh token was presented again within `refreshGrace`, and got the same successor: the response was probably lost. */
  | { readonly type: 'refresh.repeated'; readonly clientId: string; readonly subject: string }
  /** A refresh token was presented again after its rotation. Its whole grant was revoked. */
  | { readonly type: 'refresh.reused'; readonly clientId: string; readonly subject: string }
  /** The client revoked its tokens, or the application revoked the tokens of a user, a client or a grant. */
  | {
      readonly type: 'tokens.revoked'
      readonly by: 'client' | 'application'
      readonly clientId?: string | undefined
      readonly subject?: string | undefined
      readonly grantId?: string | undefined
    }
  /** A signing key was created and published. It signs from `signsFrom` on, in seconds since the epoch. */
  | {
      readonly type: 'key.added'
      readonly kid: string
      readonly alg: string
      readonly signsFrom: number
    }
  /** A signing key was removed before it expired. Tokens that it signed are invalid. */
  | { readonly type: 'key.withdrawn'; readonly kid: string }
  /**
   * A request to the authorization server was refused or failed. Each such request emits one of these, even beside a more
   * specific event. `cause` is the caught error, if any.
   */
  | {
      readonly type: 'request.failed'
      readonly endpoint: string
      readonly code: string
      /** The `error_description` that the client got. */
      readonly description: string
      /** The reason, which the client did not get. */
      readonly reason?: FailureReason | undefined
      /** The client, if it was known by then. */
      readonly clientId?: string | undefined
      readonly cause?: unknown
    }

/**
 * Receives events. Errors that it throws are ignored: a failing listener changes no response.
 *
 * `cause` is the thrown value. `JSON.stringify` turns it into name, message and stack.
 */
export type EventListener = (event: AuthEvent) => void
