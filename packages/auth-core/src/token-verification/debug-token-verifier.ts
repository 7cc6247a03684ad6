import { AccessToken } from '../contract/access-token.js'
import type { VerifyTokenOptions } from '../contract/auth-provider-like.js'
import { reportRejection } from '../events/listener.js'
import type { TokenRejection } from '../oauth/reasons.js'
import { scopeList } from '../oauth/scope.js'
import { checkedOptions, type DefaultsOf, type OptionTable } from '../options/option-table.js'
import { anyFunction, flag, text, withDefault } from '../options/rows.js'
import { isSubclass } from '../options/unknown-options.js'
import { providerOptions, providerOptionTable } from '../providers/provider-options.js'
import { type Clock, systemClock } from '../runtime/clock.js'
import { isProduction } from '../runtime/production.js'
import { TokenVerifier, type TokenVerifierOptions } from './token-verifier.js'

/** Options of `DebugTokenVerifier`. */
export interface DebugTokenVerifierOptions extends TokenVerifierOptions {
  /**
   * Returns whether a token is accepted. If it throws, or returns anything but a boolean, the response is 503. Default:
   * every token is accepted, except blank ones.
   */
  readonly validate?: ((token: string) => boolean | Promise<boolean>) | undefined
  /** The client of every token. Default: `debug-client`. */
  readonly clientId?: string | undefined
  /** The scopes of every token. Default: none. */
  readonly scopes?: readonly string[] | undefined
  /** The user of every token. Default: none. */
  readonly subject?: string | undefined
  /**
   * Allows production (`NODE_ENV`). Anyone who can reach the server can then use it with a made-up token that `validate`
   * accepts. Default: false.
   */
  readonly dangerouslyAllowInProduction?: boolean | undefined
  /** The time in seconds since the epoch. */
  readonly now?: Clock | undefined
}

export function debugTokenVerifierOptionTable() {
  return {
    ...providerOptionTable(),
    validate: withDefault<DebugTokenVerifierOptions['validate']>(anyFunction(), () => true),
    clientId: withDefault(text(), 'debug-client'),
    scopes: withDefault<readonly string[]>(scopeList(), []),
    subject: text(),
    dangerouslyAllowInProduction: flag(),
    now: withDefault(anyFunction(), systemClock),
  } satisfies OptionTable<DebugTokenVerifierOptions>
}

/** Seconds from now to the `expiresAt` of each token: the SDKs refuse tokens that never expire. */
const openEnded = 3600

/**
 * Accepts every token, or those that your function accepts. **For development only**: each instance prints a warning, and
 * the constructor throws in production.
 *
 * Does **not** check signature, audience or expiry. The gate still checks scopes.
 */
export class DebugTokenVerifier extends TokenVerifier {
  readonly #options: DebugTokenVerifierOptions & DefaultsOf<ReturnType<typeof debugTokenVerifierOptionTable>>

  /** @throws `TypeError` for wrong and unknown options, and in production (`NODE_ENV`) without `dangerouslyAllowInProduction`. */
  constructor(options: DebugTokenVerifierOptions = {}) {
    const checked = checkedOptions('DebugTokenVerifier', options, debugTokenVerifierOptionTable(), {
      isSubclass: isSubclass(DebugTokenVerifier, new.target),
    })
    super(providerOptions(checked))
    if (!checked.dangerouslyAllowInProduction && isProduction()) {
      throw new TypeError(
        'DebugTokenVerifier: it accepts tokens that nobody issued, and NODE_ENV is "production". Use a JWTVerifier or another verifier.',
      )
    }
    this.#options = checked
    console.warn(
      '[tollgate] DebugTokenVerifier: this server accepts tokens that nobody issued. Never let others reach it.',
    )
  }

  override now(): number {
    return this.#options.now()
  }

  override async verifyToken(token: string, options: VerifyTokenOptions = {}): Promise<AccessToken | null> {
    if (token.trim() === '') return this.#refuse('malformed', options)
    const isValid = await this.#options.validate?.(token)
    if (typeof isValid !== 'boolean')
      throw new TypeError('DebugTokenVerifier: "validate" must return true or false.')
    if (!isValid) return this.#refuse('unknown', options)
    const { clientId, scopes, subject } = this.#options
    return new AccessToken({
      token,
      clientId,
      scopes,
      subject,
      expiresAt: this.#options.now() + openEnded,
      resource: options.resource,
    })
  }

  #refuse(reason: TokenRejection, options: VerifyTokenOptions): null {
    reportRejection(this.listenerFor(options), { reason }, options.deferRejection)
    return null
  }
}
