import type {
  ClientRejection,
  ConsentRejection,
  DocumentFailure,
  FailureReason,
  TokenRejection,
  UnavailableSource,
} from '../oauth/reasons.js'

/**
 * What an operator must know and a client must not. None of these carries a token, a code, a secret or an
 * assertion. `docs/events.md` lists them all.
 */
export type AuthEvent = Fact & {
  /**
   * The same in all events of one request to the authorization server, and on its error page. Not in events of
   * verifiers, of keys and of options, which do not see requests.
   */
  readonly requestId?: string | undefined
  /** What the operator or developer can do: the option that mends it, if there is one. */
  readonly hint?: string | undefined
}

/** Why a bearer token was refused, and what would have been accepted. */
export interface TokenRefusal {
  readonly reason: TokenRejection
  /**
   * Whose tokens the verifier that refused accepts, as it was configured, several with spaces between them: never what
   * the token says.
   */
  readonly issuer?: string | undefined
  /** What the verifier accepts where the token differs: configured values only, never anything of the token. */
  readonly expected?: Readonly<Record<string, string | readonly string[]>> | undefined
  readonly hint?: string | undefined
}

type Fact =
  /** A bearer token was refused. `reason` says why; the client only reads `invalid_token`. See {@link TokenRefusal}. */
  | {
      readonly type: 'token.rejected'
      readonly reason: TokenRejection
      readonly issuer?: string | undefined
      readonly expected?: Readonly<Record<string, string | readonly string[]>> | undefined
    }
  /** A good token lacked a scope that the operation needs: its client was told to ask the user for `scopes`. */
  | {
      readonly type: 'scope.missing'
      readonly clientId?: string | undefined
      readonly subject?: string | undefined
      readonly scopes: readonly string[]
    }
  /** Keys, a store or another source could not be reached: requests are answered 503 or from a cache. */
  | { readonly type: 'source.unavailable'; readonly source: UnavailableSource; readonly cause: unknown }
  /**
   * Told once, when the provider is made: anybody may register clients, and nobody can be told from anybody else, so that
   * one can use up what all share. `hint` names the options that end it.
   */
  | { readonly type: 'registration.open' }
  /**
   * Told once, when the provider is made: clients whose ids are URLs are unknown here, because this runtime cannot fetch
   * their documents safely, for the reason in `cause`. Not told if `clientIdMetadataDocuments` is `false`.
   */
  | { readonly type: 'documents.off'; readonly cause: unknown }
  /**
   * A client registered itself. `leftOut` is what it asked for and did not get, by the member of its metadata: what the
   * client wrote, in printable characters, up to a length.
   */
  | {
      readonly type: 'client.registered'
      readonly clientId: string
      readonly leftOut?: Readonly<Record<string, readonly string[]>> | undefined
      /** Whether it ends after `lifetimes.briefRegistration` unless it leads to tokens: there are too many. */
      readonly brief?: boolean | undefined
    }
  /** The document of a client whose id is a URL could not be fetched, or is invalid. `reason` and `cause` say why. */
  | {
      readonly type: 'document.failed'
      readonly clientId: string
      readonly reason: DocumentFailure
      /** What its website answered, for the reason `status`. */
      readonly status?: number | undefined
      readonly cause: unknown
    }
  /**
   * The document of a client whose id is a URL says another way to authenticate than before, other keys, or another
   * `jwks_uri`. Not told of keys that change at the same `jwks_uri`.
   */
  | { readonly type: 'client.rekeyed'; readonly clientId: string }
  /** A client did not prove who it is. */
  | {
      readonly type: 'client.rejected'
      readonly clientId?: string | undefined
      readonly reason: ClientRejection
    }
  /** There were too many requests: this one was answered 429. */
  | {
      readonly type: 'request.limited'
      readonly endpoint: string
      /** When: see `RateLimitedMoment`. */
      readonly stage: 'arrived' | 'checked' | 'authenticated' | 'proving' | 'failed'
      /** The client; when it `failed`, somebody who said to be it. */
      readonly clientId?: string | undefined
      readonly subject?: string | undefined
      /** What the application's `clientAddress` told. */
      readonly address?: string | undefined
      readonly retryAfter: number
    }
  /** The user was asked whether the client may act for them. */
  | {
      readonly type: 'consent.shown'
      readonly clientId: string
      readonly subject: string
      readonly scopes: readonly string[]
      readonly resources: readonly string[]
    }
  /**
   * An answer to a consent page did not count: it was not from the browser, the site or the user that was asked, or the
   * client's metadata makes another request of it by now.
   */
  | {
      readonly type: 'consent.rejected'
      readonly reason: ConsentRejection
      readonly clientId?: string | undefined
    }
  /** The user allowed a client, and a code was issued. */
  | {
      readonly type: 'authorization.granted'
      readonly clientId: string
      readonly subject: string
      readonly scopes: readonly string[]
      readonly resources: readonly string[]
    }
  /** The user, or the application for them, refused a client. */
  | { readonly type: 'authorization.denied'; readonly by: 'user' | 'application'; readonly clientId: string }
  /** Tokens were issued. */
  | {
      readonly type: 'tokens.issued'
      readonly grantType: string
      readonly clientId: string
      readonly subject: string
      readonly scopes: readonly string[]
      /** The grant that they belong to, for `revokeTokens`. */
      readonly tokenFamily: string
    }
  /** A code was presented again by the client that had redeemed it: its tokens were revoked. */
  | { readonly type: 'code.replayed'; readonly clientId: string }
  /** A refresh token was presented again within `refreshGrace`, and answered again: its answer was probably lost. */
  | { readonly type: 'refresh.repeated'; readonly clientId: string; readonly subject: string }
  /** A refresh token was presented again after its rotation: the whole token family was revoked. */
  | { readonly type: 'refresh.reused'; readonly clientId: string; readonly subject: string }
  /** A client revoked its tokens, or the application revoked those of a user, a client or a grant. */
  | {
      readonly type: 'tokens.revoked'
      readonly by: 'client' | 'application'
      readonly clientId?: string | undefined
      readonly subject?: string | undefined
      readonly tokenFamily?: string | undefined
    }
  /** A key was made and published. It signs from `signsFrom`, in seconds since the epoch. */
  | {
      readonly type: 'key.added'
      readonly kid: string
      readonly alg: string
      readonly signsFrom: number
    }
  /** A key was withdrawn before its time: what it signed is not good any more. */
  | { readonly type: 'key.withdrawn'; readonly kid: string }
  /**
   * A request to the authorization server was refused or failed. Every such request has one of these, also beside a
   * more telling event. `cause` is what was caught, if anything was.
   */
  | {
      readonly type: 'request.failed'
      readonly endpoint: string
      readonly code: string
      /** What the client was told. */
      readonly description: string
      /** What it was not told. */
      readonly reason?: FailureReason | undefined
      /** Who it was, once that was known. */
      readonly clientId?: string | undefined
      readonly cause?: unknown
    }

/**
 * Receives events. What it throws is ignored: a failing listener changes no answer.
 *
 * `cause` is what was thrown, with a `toJSON`, so that a log has its name, message and stack.
 */
export type EventListener = (event: AuthEvent) => void
