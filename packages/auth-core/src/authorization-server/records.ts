import type { JWK } from 'jose'
import type { Clock } from '../clock.js'
import { Collection } from '../storage/collection.js'
import type { Store } from '../storage/store.js'
import type { ClientRecord } from './clients/client.js'

/** An authorization request that the user is being asked about. Found by the id in the consent form. */
export interface PendingConsent {
  /** The query of the authorization request, as it was checked. It is checked again when the user answers. */
  readonly query: string
  readonly subject: string
  /** The digest of the cookie of the browser that was shown the page. */
  readonly browserDigest: string
}

/** An authorization code. Found by the code. */
export interface AuthorizationCode {
  readonly clientId: string
  readonly redirectUri: string
  readonly codeChallenge: string
  readonly subject: string
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  readonly claims: Readonly<Record<string, unknown>>
  readonly authenticatedAt?: number | undefined
  readonly expiresAt: number
  /** The family of the tokens that it was redeemed for. A code that has one is spent. */
  readonly familyId?: string | undefined
}

/**
 * All tokens that came from one authorization. Access and refresh tokens of a family that is not there are not
 * valid: deleting it revokes them all.
 */
export interface TokenFamily {
  readonly clientId: string
  readonly subject: string
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  readonly claims: Readonly<Record<string, unknown>>
  readonly authenticatedAt?: number | undefined
  /** When its refresh tokens end, whatever happens; without one, when its access token ends. */
  readonly expiresAt: number
  /** The digest of the one refresh token that is still good. */
  readonly refreshDigest?: string | undefined
}

/** A refresh token, also one that was rotated away: its second use must be recognised. Found by the token. */
export interface RefreshToken {
  readonly clientId: string
  readonly familyId: string
}

/** Everything that an authorization server remembers. */
export interface Records {
  readonly clients: Collection<ClientRecord>
  readonly pendingConsents: Collection<PendingConsent>
  readonly codes: Collection<AuthorizationCode>
  readonly families: Collection<TokenFamily>
  readonly refreshTokens: Collection<RefreshToken>
  readonly signingKeys: Collection<JWK>
}

/** @param owner The issuer: servers that share a store are still servers of their own. */
export function openRecords(store: Store, owner: string, now: Clock): Records {
  const open = <T>(kind: string) => new Collection<T>({ store, owner, kind }, now)
  return {
    clients: open('client'),
    pendingConsents: open('consent'),
    codes: open('code'),
    families: open('family'),
    refreshTokens: open('refresh'),
    signingKeys: open('key'),
  }
}
