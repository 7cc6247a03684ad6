import type { Clock } from '../../runtime/clock.js'
import { randomToken } from '../../runtime/crypto.js'
import type { Collection } from '../records/collection.js'
import type { StepUp } from '../records/stored-records.js'

/** How long a challenge waits for the refresh that follows it, in seconds. Clients refresh at once. */
const patience = 30
/**
 * How long no other challenge counts once a refresh was refused for one, in seconds: the user may have declined, and whoever
 * has an access token must not keep its grant from being refreshed.
 */
const pause = 600

/** A grant, and whose it is. */
export interface ChallengedGrant {
  readonly familyId: string
  readonly clientId: string
  readonly subject: string
}

/**
 * The grants whose access tokens were refused for lack of a scope just now. The next refresh of each is refused, once, for
 * clients that refresh instead of asking the user. Those that do ask the user are left alone.
 */
export class StepUps {
  readonly #records: Collection<StepUp>
  readonly #now: Clock
  /** What is being written: the refresh may come to this process before the store has it. */
  readonly #pending = new Map<string, Promise<unknown>>()

  constructor(records: Collection<StepUp>, now: Clock) {
    this.#records = records
    this.#now = now
  }

  /** Notes a challenge. Never fails: if the store does, which is told by an event, the client steps up at another one. */
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
    await this.#records.add(grantId(grant), { asked }, this.#now() + patience)
  }

  /** Notes that a client has sent a user here: it needs no help. Never rejects, for the same reason. */
  async noteAsked(owner: Omit<ChallengedGrant, 'familyId'>): Promise<void> {
    const record = { asked: randomToken(16) }
    await this.#records.save(ownerId(owner), record, this.#now() + patience).catch(() => {})
  }

  /**
   * Whether a refresh is to be refused: the first one after a challenge, however many come at once, unless the client has sent
   * the user here meanwhile.
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
