import { randomToken } from '../../runtime/crypto.js'
import type { AuthorizationServer } from '../server/authorization-server.js'

/** Whose authorizations: those of a user, those that a client got, or those that a client got from a user. */
export interface AuthorizationOwner {
  readonly subject?: string | undefined
  readonly clientId?: string | undefined
}

/** No shorter, so that marks outlive what was given when lifetimes were configured longer. */
const shortestMarkLifetime = 365 * 24 * 3600

/**
 * A mark ends all authorizations of an owner at once, without looking for them: each remembers the marks of the time
 * when it was given, and one that does not remember the mark of now was given before. No clocks are compared, so it
 * does not matter whose is right. Where there is no mark (any more), nothing is revoked.
 */
export async function markRevoked(server: AuthorizationServer, owner: AuthorizationOwner): Promise<void> {
  const id = ownerId(owner)
  const { now, lifetimes } = server
  const longest = Math.max(...Object.values(lifetimes), shortestMarkLifetime)
  server.recentRevocations.add(id)
  await server.records.revocationMarks.save(id, randomToken(16), now() + longest)
  // Once more: a verification that began while the store was busy may not have found the mark.
  server.recentRevocations.add(id)
}

/** The marks of now that concern an authorization: what it remembers when it is given. `''` where there is none. */
export async function currentMarks(
  { records }: AuthorizationServer,
  owner: Required<AuthorizationOwner>,
): Promise<readonly string[]> {
  const found = await Promise.all(ownerIds(owner).map((id) => records.revocationMarks.find(id)))
  return found.map((mark) => mark?.value ?? '')
}

/** Whether one of the marks is younger than an authorization that remembers others. */
export function isMarkedRevoked(remembered: readonly string[], current: readonly string[]): boolean {
  return current.some((mark, index) => mark !== '' && mark !== remembered[index])
}

/** The ids of the owners that an authorization has, which `recentRevocations` knows, too. */
export function ownerIds({ subject, clientId }: Required<AuthorizationOwner>): readonly string[] {
  return [{ subject }, { clientId }, { subject, clientId }].map(ownerId)
}

/** JSON, so that no user can be named like the client of another. */
function ownerId({ subject, clientId }: AuthorizationOwner): string {
  return JSON.stringify({ subject, clientId })
}
