import { fastDigest } from '../../runtime/crypto.js'

interface Bucket {
  tokens: number
  /** When the bucket had that many tokens, in seconds since the epoch. */
  at: number
}

/** Longer keys are replaced by their digests: clients choose the IDs that they send. */
const longestKey = 64

/**
 * A token bucket for each of many keys. If there are too many, the key that was used least recently is forgotten, which
 * fills its bucket.
 */
export class TokenBuckets {
  readonly #burst: number
  readonly #perSecond: number
  readonly #remembered: number
  /** In the order in which they were last used. */
  readonly #buckets = new Map<string, Bucket>()

  constructor({ burst, perMinute }: { burst: number; perMinute: number }, remembered: number) {
    this.#burst = burst
    this.#perSecond = perMinute / 60
    this.#remembered = remembered
  }

  /** Seconds until there is a token for the key; 0 if there is one. */
  secondsToWait(key: string, now: number): number {
    const bucket = this.#buckets.get(shortKey(key))
    if (bucket === undefined) return 0
    // After the clock is set back, the bucket would stay empty until the old time is reached again.
    bucket.at = Math.min(bucket.at, now)
    const tokens = this.#tokensOf(bucket, now)
    return tokens >= 1 ? 0 : (1 - tokens) / this.#perSecond
  }

  /** Takes a token. There must be one. */
  take(key: string, now: number): void {
    const short = shortKey(key)
    const bucket = this.#buckets.get(short)
    const tokens = bucket === undefined ? this.#burst : this.#tokensOf(bucket, now)
    this.#buckets.delete(short)
    this.#buckets.set(short, { tokens: tokens - 1, at: now })
    if (this.#buckets.size > this.#remembered) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest)
        break
      }
    }
  }

  #tokensOf({ tokens, at }: Bucket, now: number): number {
    return Math.min(this.#burst, tokens + Math.max(0, now - at) * this.#perSecond)
  }
}

function shortKey(key: string): string {
  return key.length > longestKey ? fastDigest(key) : key
}
