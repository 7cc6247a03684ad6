import { AccessToken } from '../contract/access-token.js'
import type { VerifyTokenOptions } from '../contract/auth-provider-like.js'
import { isInMilliseconds } from '../contract/checked-verdict.js'
import { asWritten, keepVerdicts } from '../contract/verdict-memory.js'
import { reportRejection } from '../events/listener.js'
import type { TokenRejection } from '../oauth/reasons.js'
import { scopeList } from '../oauth/scope.js'
import { checkedOptions, type OptionTable } from '../options/option-table.js'
import { anyFunction, option, required, text, withDefault } from '../options/rows.js'
import { isSubclass } from '../options/unknown-options.js'
import { providerOptions, providerOptionTable } from '../providers/provider-options.js'
import { type Clock, systemClock } from '../runtime/clock.js'
import { constantTimeEqual, sha256 } from '../runtime/crypto.js'
import { TokenVerifier, type TokenVerifierOptions } from './token-verifier.js'

/** The client and user of a configured token. */
export interface StaticToken {
  readonly clientId: string
  readonly scopes?: readonly string[] | undefined
  readonly subject?: string | undefined
  /** Seconds since the epoch. */
  readonly expiresAt?: number | undefined
  readonly claims?: Readonly<Record<string, unknown>> | undefined
}

/** Options of `StaticTokenVerifier`. */
export interface StaticTokenVerifierOptions extends TokenVerifierOptions {
  /** The tokens, each with its client and user. */
  readonly tokens: Readonly<Record<string, StaticToken>>
  /** The `issuer` of the tokens. It tells their users from those of other sources. */
  readonly issuer?: string | undefined
  /** The time in seconds since the epoch. */
  readonly now?: Clock | undefined
}

export function staticTokenVerifierOptionTable() {
  return {
    ...providerOptionTable(),
    tokens: required(option('be an object of tokens', isObject)),
    issuer: text(),
    now: withDefault(anyFunction(), systemClock),
  } satisfies OptionTable<StaticTokenVerifierOptions>
}

export function staticTokenTable() {
  return {
    clientId: required(text()),
    scopes: scopeList(),
    subject: text(),
    expiresAt: option('be in seconds since the epoch', isSeconds),
    claims: option('be an object', isObject),
  } satisfies OptionTable<StaticToken>
}

/** Seconds from now to the expiry of tokens without `expiresAt`: the SDKs refuse tokens that never expire. */
const openEnded = 3600

/**
 * Accepts the tokens of a list. **For development only**: the tokens never change, and are as secret as the file that
 * contains them.
 *
 * Does **not** check an audience: every listed token is for this server.
 */
export class StaticTokenVerifier extends TokenVerifier {
  readonly #tokens: readonly (readonly [string, StaticToken])[]
  readonly #issuer: string | undefined
  readonly #now: Clock

  constructor(options: StaticTokenVerifierOptions) {
    const checked = checkedOptions('StaticTokenVerifier', options, staticTokenVerifierOptionTable(), {
      isSubclass: isSubclass(StaticTokenVerifier, new.target),
    })
    super(providerOptions(checked))
    // The path omits the token, because errors end in logs.
    const path = 'tokens[…].'
    this.#tokens = Object.entries(checked.tokens).map(([token, entry]) => [
      token,
      checkedOptions('StaticTokenVerifier', entry, staticTokenTable(), { path }),
    ])
    this.#issuer = checked.issuer
    this.#now = checked.now
    // Caches nothing itself, but lets MultiAuth use the caches of the sources after it.
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

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function isSeconds(time: unknown): boolean {
  return typeof time === 'number' && Number.isFinite(time) && !isInMilliseconds(time)
}

const verifyToken = /* @__PURE__ */ asWritten(() => StaticTokenVerifier.prototype.verifyToken)
