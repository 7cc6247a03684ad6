import { AccessToken } from '../contract/access-token.js'
import type { VerifyTokenOptions } from '../contract/auth-provider-like.js'
import { isInMilliseconds } from '../contract/checked-verdict.js'
import { asWritten, keepVerdicts } from '../contract/verdict-memory.js'
import { reportRejection } from '../events/listener.js'
import type { TokenRejection } from '../oauth/reasons.js'
import { isSubclass, type OptionNames, refuseUnknownOptions } from '../options/unknown-options.js'
import { providerOptionNames, providerOptions } from '../providers/auth-provider.js'
import { type Clock, systemClock } from '../runtime/clock.js'
import { constantTimeEqual, sha256 } from '../runtime/crypto.js'
import { TokenVerifier, type TokenVerifierOptions } from './token-verifier.js'

/** What one of the configured tokens stands for. */
export interface StaticToken {
  readonly clientId: string
  readonly scopes?: readonly string[] | undefined
  readonly subject?: string | undefined
  /** Seconds since the epoch. */
  readonly expiresAt?: number | undefined
  readonly claims?: Readonly<Record<string, unknown>> | undefined
}

export interface StaticTokenVerifierOptions extends TokenVerifierOptions {
  /** The tokens, each with what it stands for. */
  readonly tokens: Readonly<Record<string, StaticToken>>
  /** What the tokens have as their `issuer`, so that their users are told from those of other sources. */
  readonly issuer?: string | undefined
  readonly now?: Clock | undefined
}

const optionNames = {
  ...providerOptionNames,
  tokens: true,
  issuer: true,
  now: true,
} as const satisfies OptionNames<StaticTokenVerifierOptions>

const tokenMembers = {
  clientId: true,
  scopes: true,
  subject: true,
  expiresAt: true,
  claims: true,
} as const satisfies OptionNames<StaticToken>

/** How long a token without `expiresAt` is said to live on, in seconds: the SDKs refuse one that never expires. */
const openEnded = 3600

/**
 * Accepts tokens that are written in the configuration. **For development only**: the tokens do not change, and
 * they are as secret as the file that they are in.
 *
 * Does not check an audience: whoever wrote the token down meant this server.
 */
export class StaticTokenVerifier extends TokenVerifier {
  readonly #tokens: readonly (readonly [string, StaticToken])[]
  readonly #issuer: string | undefined
  readonly #now: Clock

  constructor(options: StaticTokenVerifierOptions) {
    refuseUnknownOptions('StaticTokenVerifier', options, optionNames, {
      isSubclass: isSubclass(StaticTokenVerifier, new.target),
    })
    super(providerOptions(options))
    if (typeof options.tokens !== 'object' || options.tokens === null) {
      throw new TypeError('"tokens" must be an object of tokens and what they stand for')
    }
    this.#tokens = Object.entries(options.tokens)
    for (const [, entry] of this.#tokens) {
      // Without the token: an error ends in a log.
      refuseUnknownOptions('StaticTokenVerifier', entry, tokenMembers, { path: 'tokens[…].' })
      if (typeof entry?.clientId !== 'string' || entry.clientId === '')
        throw new TypeError('each of "tokens" must have a "clientId"')
      if (entry.expiresAt !== undefined && !isSeconds(entry.expiresAt)) {
        throw new TypeError('StaticTokenVerifier: "tokens[…].expiresAt" must be in seconds since the epoch.')
      }
    }
    if (options.issuer !== undefined && (typeof options.issuer !== 'string' || options.issuer === ''))
      throw new TypeError('StaticTokenVerifier: "issuer" must be a string, not empty.')
    this.#issuer = options.issuer
    this.#now = options.now ?? systemClock
    // It remembers nothing, but what another source of MultiAuth remembers need not be asked for because of it.
    keepVerdicts(this, verifyToken, () => undefined)
  }

  override now(): number {
    return this.#now()
  }

  override async verifyToken(token: string, options: VerifyTokenOptions = {}): Promise<AccessToken | null> {
    const digest = await sha256(token)
    let found: StaticToken | undefined
    for (const [candidate, entry] of this.#tokens) {
      if (constantTimeEqual(await sha256(candidate), digest)) found = entry
    }
    if (found === undefined) return this.#refuse('unknown', options)
    const { clientId, scopes = [], subject, claims, expiresAt = this.#now() + openEnded } = found
    if (expiresAt <= this.#now()) {
      options.reportEnded?.({})
      return this.#refuse('expired', options)
    }
    return new AccessToken({
      token,
      clientId,
      scopes,
      issuer: this.#issuer,
      subject,
      claims,
      expiresAt,
      resource: options.resource,
    })
  }

  #refuse(reason: TokenRejection, options: VerifyTokenOptions): null {
    reportRejection(this.listenerFor(options), { reason }, options.deferRejection)
    return null
  }
}

function isSeconds(time: unknown): boolean {
  return typeof time === 'number' && Number.isFinite(time) && !isInMilliseconds(time)
}

const verifyToken = /* @__PURE__ */ asWritten(() => StaticTokenVerifier.prototype.verifyToken)
