import { AccessToken } from '../contract/access-token.js'
import type { VerifyTokenOptions } from '../contract/auth-provider-like.js'
import { reportRejection } from '../events/listener.js'
import type { TokenRejection } from '../oauth/reasons.js'
import { checkedScopes } from '../oauth/scope.js'
import { isSubclass, type OptionNames, refuseUnknownOptions } from '../options/unknown-options.js'
import { providerOptionNames, providerOptions } from '../providers/auth-provider.js'
import { type Clock, systemClock } from '../runtime/clock.js'
import { isProduction } from '../runtime/production.js'
import { TokenVerifier, type TokenVerifierOptions } from './token-verifier.js'

export interface DebugTokenVerifierOptions extends TokenVerifierOptions {
  /**
   * Whether a token is accepted. A function that throws, or returns anything but a boolean, is an outage. Default: every
   * token is accepted that is not blank.
   */
  readonly validate?: ((token: string) => boolean | Promise<boolean>) | undefined
  /** The client of every token. Default: `debug-client`. */
  readonly clientId?: string | undefined
  /** The scopes of every token. Default: none. */
  readonly scopes?: readonly string[] | undefined
  /** The user of every token. Default: none. */
  readonly subject?: string | undefined
  /**
   * Starts where `NODE_ENV` is `production`: then whoever can reach the server can use it with a made-up token, as far as
   * `validate` lets them.
   */
  readonly dangerouslyAllowInProduction?: boolean | undefined
  readonly now?: Clock | undefined
}

const optionNames = {
  ...providerOptionNames,
  validate: true,
  clientId: true,
  scopes: true,
  subject: true,
  dangerouslyAllowInProduction: true,
  now: true,
} as const satisfies OptionNames<DebugTokenVerifierOptions>

/** How long each token is said to live on, in seconds: the SDKs refuse one that never expires. */
const openEnded = 3600

/**
 * Accepts every token, or those that a function of yours accepts. **For development only**: it prints a warning whenever
 * one is made, and refuses to be made in production.
 *
 * Does **not** check a signature, an audience or an expiry. The gate checks scopes, as ever.
 */
export class DebugTokenVerifier extends TokenVerifier {
  readonly #validate: (token: string) => unknown
  readonly #clientId: string
  readonly #scopes: readonly string[]
  readonly #subject: string | undefined
  readonly #now: Clock

  /** @throws `TypeError` for wrong options, and in production (`NODE_ENV`) without `dangerouslyAllowInProduction`. */
  constructor(options: DebugTokenVerifierOptions = {}) {
    refuseUnknownOptions('DebugTokenVerifier', options, optionNames, {
      isSubclass: isSubclass(DebugTokenVerifier, new.target),
    })
    super(providerOptions(options))
    const { validate = () => true, clientId = 'debug-client', scopes, subject, now = systemClock } = options
    if (typeof validate !== 'function')
      throw new TypeError('DebugTokenVerifier: "validate" must be a function.')
    for (const [name, text] of Object.entries({ clientId, subject })) {
      if (text !== undefined && (typeof text !== 'string' || text === ''))
        throw new TypeError(`DebugTokenVerifier: "${name}" must be a string, not empty.`)
    }
    if (options.dangerouslyAllowInProduction !== true && isProduction()) {
      throw new TypeError(
        'DebugTokenVerifier: it accepts tokens that nobody issued, and NODE_ENV is "production". Use a JWTVerifier or another verifier.',
      )
    }
    this.#validate = validate
    this.#clientId = clientId
    this.#scopes = checkedScopes('scopes', scopes)
    this.#subject = subject
    this.#now = now
    console.warn(
      '[tollgate] DebugTokenVerifier: this server accepts tokens that nobody issued. Never let others reach it.',
    )
  }

  override now(): number {
    return this.#now()
  }

  override async verifyToken(token: string, options: VerifyTokenOptions = {}): Promise<AccessToken | null> {
    if (token.trim() === '') return this.#refuse('malformed', options)
    const isValid = await this.#validate(token)
    if (typeof isValid !== 'boolean')
      throw new TypeError('DebugTokenVerifier: "validate" must return true or false.')
    if (!isValid) return this.#refuse('unknown', options)
    return new AccessToken({
      token,
      clientId: this.#clientId,
      scopes: this.#scopes,
      subject: this.#subject,
      expiresAt: this.#now() + openEnded,
      resource: options.resource,
    })
  }

  #refuse(reason: TokenRejection, options: VerifyTokenOptions): null {
    reportRejection(this.listenerFor(options), { reason }, options.deferRejection)
    return null
  }
}
