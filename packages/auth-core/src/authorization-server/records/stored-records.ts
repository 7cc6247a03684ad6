/**
 * Every record that an authorization server stores, except `ClientRecord`, which is in `clients/client.ts`.
 *
 * A change here changes the stored format: a record that an earlier version has written must stay readable. So new members
 * are optional, and names stay, even where a better one is known today.
 */
import type { JWK, JWTPayload } from 'jose'

/** An authorization request that waits for the user's consent. Found by the ID in the consent form. */
export interface PendingConsent {
  /** The query of the authorization request, as it was checked. It is checked again when the user answers. */
  readonly query: string
  /** What the page shows. Members that the request leaves out come from the client's metadata, which may change. */
  readonly shown: ShownTerms
  readonly subject: string
  /** The digest of the cookie of the browser that was shown the page. */
  readonly browserDigest: string
}

/** What a user allows by allowing a request. */
export interface ShownTerms {
  readonly redirectUri: string
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
}

/** What a user has allowed a client. */
export interface GrantedAuthorization {
  readonly clientId: string
  readonly subject: string
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  readonly claims: Readonly<Record<string, unknown>>
  readonly authorizedAt: number
  readonly authenticatedAt?: number | undefined
  /** The revocation marks at that time. If they have changed since, the authorization is revoked. */
  readonly marks: readonly string[]
}

/** An authorization code. Found by the code. */
export interface AuthorizationCode extends GrantedAuthorization {
  readonly redirectUri: string
  readonly codeChallenge: string
  readonly expiresAt: number
  /** The family of the tokens that the code was redeemed for. A code with one is consumed. */
  readonly familyId?: string | undefined
}

/**
 * All tokens that came from one authorization. Access and refresh tokens are valid only while their family is stored:
 * deleting it revokes them all.
 */
export interface TokenFamily extends GrantedAuthorization {
  /** When the last of its tokens expires, whatever happens. */
  readonly expiresAt: number
  /** Whether the operator configured the client. If it is removed from the options, the family is revoked. */
  readonly ofStaticClient?: boolean | undefined
  /** Absent if the client has no refresh token. */
  readonly refresh?: RefreshState | undefined
  /** Its opaque access tokens, the newest last. */
  readonly opaqueTokens?: readonly OpaqueTokenReference[] | undefined
}

/** The one valid refresh token of a family. All earlier ones were rotated, and must not be used again. */
export interface RefreshState {
  readonly digest: string
  /** When it expires if nobody uses it. */
  readonly expiresAt: number
  /** How it follows from the previous one. Stored only if a repeated request gets the same tokens again. */
  readonly rotation?: Rotation | undefined
}

export interface Rotation {
  /** The digest of the previous refresh token. */
  readonly from: string
  /** Derives the current refresh token from the previous one. Useless without that. */
  readonly nonce: string
  readonly at: number
}

/** The claims of an access token, in either format. */
export type AccessTokenClaims = JWTPayload & { readonly exp: number }

/** An opaque access token as its family remembers it. */
export interface OpaqueTokenReference {
  /** Enough to delete the token, and not enough to use it. */
  readonly reference: string
  readonly expiresAt: number
}

/** A step-up challenge, or the last time that a client sent a user here. */
export interface StepUp {
  /** Whether a refresh was refused so that the client asks the user. */
  readonly isDone?: boolean | undefined
  /** Identifies the last time that the client sent the user here. Random, so that no clocks are compared. */
  readonly asked?: string | undefined
}

/** A client's metadata document as it was last fetched. Times are in seconds since the epoch. */
export interface DocumentCopy {
  /** What the client published, unchecked. Not in the store if the client said `no-store`. */
  readonly document?: unknown
  readonly etag?: string | undefined
  readonly fetchedAt: number
  readonly freshUntil: number
  /** Whether the document may be used when it is no longer fresh. `false` for `no-store`. */
  readonly mayKeep: boolean
  /** Since when its website responds without the document. Absent if its last response had the document. */
  readonly goneSince?: number | undefined
}

/** A public key in the JWKS document: `kid`, `alg` and `use` are always there. */
export type PublishedKey = JWK & { readonly kid: string; readonly alg: string }

/** A signing key that the server made. */
export interface RingKey {
  readonly publicKey: PublishedKey
  /** Deleted when the key has signed its last token. */
  readonly privateKey?: JWK | undefined
  /** Seconds since the epoch. */
  readonly signsFrom: number
}

/** The signing keys that the server made, in the order in which they sign. */
export type KeyRing = readonly RingKey[]

/** Seconds for which a redeemed code is remembered after its expiry, so that its replay is recognized. */
export const codeReplayWindow = 600
