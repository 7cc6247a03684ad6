import type { Clock } from '../../runtime/clock.js'
import { randomToken } from '../../runtime/crypto.js'
import type { Lifetimes } from '../records/lifetimes.js'
import type { Records } from '../records/records.js'
import type { RecentRevocations } from './recent-revocations.js'

/** Selects authorizations: those of a user, of a client, or of a client by a user. */
export interface AuthorizationOwner {
  readonly subject?: string | undefined
  readonly clientId?: string | undefined
}

/** In seconds. Marks must outlive grants that were issued with longer lifetimes. */
const shortestMarkLifetime = 365 * 24 * 3600

/** Where revocation marks are. An `AuthorizationServer` has them. */
export interface MarkStorage {
  readonly records: Pick<Records, 'revocationMarks'>
}

/** The members of `AuthorizationServer` that writing revocation marks needs. */
export interface MarkKeeping extends MarkStorage {
  readonly lifetimes: Lifetimes
  readonly recentRevocations: RecentRevocations
  readonly now: Clock
}

/**
 * Revokes all authorizations of an owner with one write. Each authorization stores the marks that were current
 * when it was granted, so one without the current mark is older than the revocation. This compares no clocks.
 */
export async function markRevoked(server: MarkKeeping, owner: AuthorizationOwner): Promise<void> {
  const id = ownerId(owner)
  const { now, lifetimes } = server
  const longest = Math.max(...Object.values(lifetimes), shortestMarkLifetime)
  server.recentRevocations.add(id)
  await server.records.revocationMarks.save(id, randomToken(16), now() + longest)
  // Again: a verification that began before the write may not have found the mark.
  server.recentRevocations.add(id)
}

/** Returns the current marks of the owners of an authorization, `''` for each owner without a mark. */
export async function currentMarks(
  { records }: MarkStorage,
  owner: Required<AuthorizationOwner>,
): Promise<readonly string[]> {
  const found = await Promise.all(ownerIds(owner).map((id) => records.revocationMarks.find(id)))
  return found.map((mark) => mark?.value ?? '')
}

/** Whether a current mark is newer than an authorization. */
export function isMarkedRevoked(remembered: readonly string[], current: readonly string[]): boolean {
  return current.some((mark, index) => mark !== '' && mark !== remembered[index])
}

/** Returns the IDs of an authorization's owners, as `recentRevocations` has them. */
export function ownerIds({ subject, clientId }: Required<AuthorizationOwner>): readonly string[] {
  return [{ subject }, { clientId }, { subject, clientId }].map(ownerId)
}

/** JSON, so that a user's ID never equals the ID of a client or of both. */
function ownerId({ subject, clientId }: AuthorizationOwner): string {
  return JSON.stringify({ subject, clientId })
}
