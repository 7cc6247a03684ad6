import type { EventListener } from '../../events/auth-event.js'
import type { Clock } from '../../runtime/clock.js'
import type { Lifetimes } from '../records/lifetimes.js'
import type { Records } from '../records/records.js'
import { type GivenSigningKey, givenSigningKeys } from './given-signing-keys.js'
import { rotationTimes } from './key-ring.js'
import type { SigningAlgorithm, SigningKeys } from './signing-key.js'
import { StoredSigningKeys } from './stored-signing-keys.js'

/** The keys are read again after a minute, even if `revocationLag` is longer. */
const longestReread = 60

/** Which keys sign. */
export interface SigningKeyChoice {
  readonly signingKeys?: readonly GivenSigningKey[] | undefined
  readonly signingAlgorithm: SigningAlgorithm
}

export interface SigningKeysContext {
  readonly records: Pick<Records, 'keyRings'>
  readonly lifetimes: Pick<Lifetimes, 'signingKey' | 'accessToken'>
  readonly revocationLag: number
  readonly onKeyGone: () => void
  readonly now: Clock
  readonly emit: EventListener
}

/**
 * Opens the operator's own keys, or those that the server makes.
 *
 * @throws `TypeError`, naming the option.
 */
export function openSigningKeys(
  { signingKeys, signingAlgorithm }: SigningKeyChoice,
  { records, lifetimes, revocationLag, onKeyGone, now, emit }: SigningKeysContext,
): SigningKeys {
  if (signingKeys !== undefined) return givenSigningKeys(signingKeys)
  const rereadAfter = Math.min(revocationLag, longestReread)
  const times = rotationTimes(lifetimes, rereadAfter)
  return new StoredSigningKeys({
    collection: records.keyRings,
    algorithm: signingAlgorithm,
    times,
    rereadAfter,
    onKeyGone,
    now,
    emit,
  })
}
