import type { Clock } from '../../runtime/clock.js'
import { randomToken } from '../../runtime/crypto.js'
import type { Collection } from '../records/collection.js'
import type { StepUp } from '../records/stored-records.js'

/** Seconds after a challenge in which a refresh may be refused. Clients refresh immediately. */
const challengeLifetime = 30

/**
 * Seconds after a refused refresh in which further challenges do not count. The user may have declined, and a holder of an
 * access token must not be able to block the refreshes of its grant.
 */
const pause = 600

/** A grant and its owner. */
export interface ChallengedGrant {
  readonly familyId: string
  readonly clientId: string
  readonly subject: string
}

/**
 * The grants whose access tokens recently lacked a scope. Their next refresh is refused once, so that clients that only
 * refresh ask the user instead. If the client has already sent the user here, its refresh is not refused.
 */
export class StepUps {
  readonly #records: Collection<StepUp>
  readonly #now: Clock
  /** Pending writes of challenges. A refresh may arrive before its challenge is stored. */
  readonly #pending = new Map<string, Promise<unknown>>()

  constructor(records: Collection<StepUp>, now: Clock) {
    this.#records = records
    this.#now = now
  }

  /** Notes a challenge. Never throws: after a failure of the store, the client steps up at the next challenge. */
  note(grant: ChallengedGrant): void {
    const { familyId } = grant
    if (this.#pending.has(familyId)) return
    const written = this.#write(grant)
      .catch(() => {})
      .finally(() => this.#pending.delete(familyId))
    this.#pending.set(familyId, written)
  }

  async #write(grant: ChallengedGrant): Promise<void> {
    const asked = await this.#askedOf(grant)
    await this.#records.add(grantId(grant), { asked }, this.#now() + challengeLifetime)
  }

  /** Notes that a client has sent a user here, so its next refresh is not refused. Never rejects. */
  async noteAsked(owner: Omit<ChallengedGrant, 'familyId'>): Promise<void> {
    const record = { asked: randomToken(16) }
    await this.#records.save(ownerId(owner), record, this.#now() + challengeLifetime).catch(() => {})
  }

  /**
   * Whether to refuse a refresh: one refresh after each challenge, unless the client has sent the user here meanwhile.
   *
   * @throws `temporarily_unavailable` when the store is down.
   */
  async take(grant: ChallengedGrant): Promise<boolean> {
    const id = grantId(grant)
    await this.#pending.get(grant.familyId)
    const found = await this.#records.find(id)
    if (found === undefined || found.value.isDone === true) return false
    const asked = await this.#askedOf(grant)
    if (asked !== undefined && asked !== found.value.asked) return false
    return this.#records.replace(id, found, { isDone: true }, this.#now() + pause)
  }

  async #askedOf(owner: Omit<ChallengedGrant, 'familyId'>): Promise<string | undefined> {
    return (await this.#records.find(ownerId(owner)))?.value.asked
  }
}

function grantId({ familyId }: ChallengedGrant): string {
  return JSON.stringify([familyId])
}

function ownerId({ clientId, subject }: Omit<ChallengedGrant, 'familyId'>): string {
  return JSON.stringify([clientId, subject])
}
