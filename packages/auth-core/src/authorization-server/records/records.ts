import type { EventListener } from '../../events/auth-event.js'
import type { Clock } from '../../runtime/clock.js'
import type { Store } from '../../store/store.js'
import type { DocumentCopy } from '../client-registry/documents/fetch-document.js'
import type { ClientRecord } from '../clients/client.js'
import type { KeyRing } from '../signing/key-ring.js'
import type { AccessTokenClaims, OpaqueTokenReference } from '../tokens/opaque-access-token.js'
import type { StepUp } from '../tokens/step-ups.js'
import { Collection } from './collection.js'

/** An authorization request that the user is being asked about. Found by the id in the consent form. */
export interface PendingConsent {
  /** The query of the authorization request, as it was checked. It is checked again when the user answers. */
  readonly query: string
  /** What the page says: of a request that leaves it out, the client's metadata decides, and that may change. */
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
  /** The revocation marks of that time: with others, it is not good any more. */
  readonly marks: readonly string[]
}

/** An authorization code. Found by the code. */
export interface AuthorizationCode extends GrantedAuthorization {
  readonly redirectUri: string
  readonly codeChallenge: string
  readonly expiresAt: number
  /** The family of the tokens that it was redeemed for. A code that has one is spent. */
  readonly familyId?: string | undefined
}

/**
 * All tokens that came from one authorization. Access and refresh tokens of a family that is not there are not
 * valid: deleting it revokes them all.
 */
export interface TokenFamily extends GrantedAuthorization {
  /** When the last of its tokens ends, whatever happens. */
  readonly expiresAt: number
  /** Whether the operator named the client in the options. If they take that back, the family is not good. */
  readonly ofStaticClient?: boolean | undefined
  /** Not there if the client was given no refresh token. */
  readonly refresh?: RefreshState | undefined
  /** Its opaque access tokens, the newest last. */
  readonly opaqueTokens?: readonly OpaqueTokenReference[] | undefined
}

/** Which refresh token of a family is good. All others were, and must not be used again. */
export interface RefreshState {
  readonly digest: string
  /** When it ends if nobody uses it. */
  readonly expiresAt: number
  /** How it came of the one before it. Only where a repeated request is answered again. */
  readonly rotation?: Rotation | undefined
}

export interface Rotation {
  /** The digest of the refresh token before. */
  readonly from: string
  /** With the refresh token before, it makes the one that is good now; of itself it makes none. */
  readonly nonce: string
  readonly at: number
}

/** Everything that an authorization server remembers. */
export interface Records {
  /** Clients that registered themselves. */
  readonly clients: Collection<ClientRecord>
  /** The documents of clients that users have allowed something. Found by the client id. */
  readonly clientDocuments: Collection<DocumentCopy>
  readonly pendingConsents: Collection<PendingConsent>
  readonly codes: Collection<AuthorizationCode>
  readonly families: Collection<TokenFamily>
  /** The claims of opaque access tokens. Found by the token. */
  readonly accessTokens: Collection<AccessTokenClaims>
  readonly revocationMarks: Collection<string>
  /** The assertions of clients that were used, as long as they would be good. Found by client and `jti`. */
  readonly assertions: Collection<object>
  readonly stepUps: Collection<StepUp>
  readonly keyRings: Collection<KeyRing>
}

/** @param owner The issuer: servers that share a store are still servers of their own. */
export function openRecords(store: Store, owner: string, now: Clock, emit: EventListener): Records {
  const open = <T>(kind: string) => new Collection<T>({ store, owner, kind, emit }, now)
  return {
    clients: open('client'),
    clientDocuments: open('document'),
    pendingConsents: open('consent'),
    codes: open('code'),
    families: open('family'),
    accessTokens: open('access'),
    revocationMarks: open('mark'),
    assertions: open('assertion'),
    stepUps: open('step-up'),
    keyRings: open('key'),
  }
}
