import { nearestName } from '../options/nearest-name.js'
import { type OptionNames, refuseUnknownOptions } from '../options/unknown-options.js'
import type { AuthProviderLike } from '../providers/auth-provider.js'

/** What is known of a verified token. Members that are not known are left out. */
export interface AccessTokenFields<Claims extends object = Record<string, unknown>> {
  readonly token: string
  readonly clientId: string
  readonly scopes: readonly string[]
  /** Seconds since the epoch. */
  readonly expiresAt?: number | undefined
  /** The resource (RFC 8707) that the token was verified for. */
  readonly resource?: string | undefined
  /** Who issued the token, or vouches for it: the exact `iss`, or another name that no other source of tokens has. */
  readonly issuer?: string | undefined
  readonly subject?: string | undefined
  readonly claims?: Claims | undefined
}

/** `extra` is in a copy of a token, and made anew. */
const fieldNames = {
  token: true,
  clientId: true,
  scopes: true,
  expiresAt: true,
  resource: true,
  issuer: true,
  subject: true,
  claims: true,
  extra: true,
} as const satisfies OptionNames<AccessTokenFields & Pick<AccessToken, 'extra'>>

/**
 * What a verified access token says.
 *
 * It is the `AuthInfo` of both official SDKs, and more: a plain object with own enumerable members only, because
 * the SDKs spread it. `extra` repeats `issuer`, `subject` and `claims` for code that knows only the SDK's type.
 *
 * Making one verifies nothing: a `TokenVerifier` makes them of tokens that it has checked. `token` is the raw token; never
 * log it, and never send it to another service. `console.log` and `util.inspect` of Node show `[hidden]` in its place. A
 * copy of the object shows it, and so does `JSON.stringify`.
 */
export class AccessToken<Claims extends object = Record<string, unknown>> {
  /** The raw token, as the client sent it. */
  token: string
  /** The client that the token was issued to. */
  clientId: string
  /** The scopes that the token carries. */
  scopes: string[]
  /** When the token expires, in seconds since the epoch. */
  declare expiresAt?: number
  /** The resource that the token was verified for. Informative: nothing reads it back for a decision. */
  declare resource?: URL
  /**
   * Who issued the token: its exact `iss`, or what the verifier vouches for it with. Compare callers with `isSameCaller`:
   * users of different issuers may have the same `subject`.
   */
  declare issuer?: string
  /** The user (or, without a user, the client) that the token speaks for. */
  declare subject?: string
  /** Every claim of the token; what its schema made of them, where the verifier has one. */
  claims: Claims
  /** `issuer`, `subject` and `claims` again, where both SDKs look for what is not in their own type. */
  extra: Record<string, unknown>

  /** @throws `TypeError` for a misspelt member: a token whose `expiresAt` has another name would not expire. */
  constructor(fields: AccessTokenFields<Claims>) {
    if (isIncomplete(fields)) refuseUnknownOptions('AccessToken', fields, fieldNames)
    this.token = fields.token
    this.clientId = fields.clientId
    this.scopes = [...fields.scopes]
    if (fields.expiresAt !== undefined) this.expiresAt = fields.expiresAt
    if (fields.resource !== undefined) this.resource = new URL(fields.resource)
    if (fields.issuer !== undefined) this.issuer = fields.issuer
    if (fields.subject !== undefined) this.subject = fields.subject
    this.claims = fields.claims ?? ({} as Claims)
    this.extra = { claims: this.claims }
    if (fields.issuer !== undefined) this.extra['issuer'] = fields.issuer
    if (fields.subject !== undefined) this.extra['subject'] = fields.subject
  }

  static {
    // By definition and not as a method: its name would be part of the type, and different in each copy of this library.
    const value = withHiddenToken
    Object.defineProperty(AccessToken.prototype, Symbol.for('nodejs.util.inspect.custom'), { value })
  }
}

/** Whether a member is absent, perhaps because it is misspelt. Looking at all names would cost every request. */
function isIncomplete(fields: AccessTokenFields<object>): boolean {
  return (
    fields.clientId === undefined ||
    fields.expiresAt === undefined ||
    fields.subject === undefined ||
    fields.issuer === undefined ||
    fields.claims === undefined ||
    fields.resource === undefined
  )
}

/**
 * An access token of what is remembered of one, which may have more members. Each by name: copying such an object costs twice
 * as much.
 */
export function accessTokenWith<Claims extends object>(
  known: Omit<AccessTokenFields<Claims>, 'token'>,
  token: string,
): AccessToken<Claims> {
  const { clientId, scopes, expiresAt, resource, issuer, subject, claims } = known
  return new AccessToken<Claims>({ token, clientId, scopes, expiresAt, resource, issuer, subject, claims })
}

/** What consoles show of one. */
function withHiddenToken(this: AccessToken): object {
  return { ...this, token: '[hidden]' }
}

/** Whether something that was written in JavaScript has answered a token, as its type says, and nothing else. */
export function looksLikeAccessToken(value: Pick<AccessToken, 'scopes'> | null | undefined): boolean {
  return typeof value === 'object' && Array.isArray(value?.scopes)
}

/**
 * What `verifyToken` has answered. Applications write verifiers in JavaScript, too: a forgotten `return` is not a verdict.
 *
 * @throws `TypeError` for anything but an access token or `null`, and for an expiry that is no time in seconds: nobody
 * could tell when such a token ends.
 */
export function checkedVerdict<Claims extends object>(
  answer: AccessToken<Claims> | null,
): AccessToken<Claims> | null {
  if (answer !== null && !looksLikeAccessToken(answer))
    throw new TypeError('verifyToken must answer an AccessToken or null')
  checkExpiry(answer?.expiresAt)
  if (answer !== null && answer.expiresAt === undefined) refuseMisspeltExpiry(answer)
  return answer
}

/** A plain object may have other members. One that means the expiry would be ignored, and the token would not end. */
function refuseMisspeltExpiry(answer: object): void {
  const written = Object.keys(answer).find(
    (name) => !memberNames.has(name) && nearestName(name, [...memberNames]) === 'expiresAt',
  )
  if (written !== undefined)
    throw new TypeError(
      `verifyToken: "${written}" is not a member of an AccessToken. Did you mean "expiresAt"?`,
    )
}

const memberNames: ReadonlySet<string> = new Set([...Object.keys(fieldNames), 'extra'])

/** In seconds, this is in the year 33658; in milliseconds, it was in 2001. */
const firstMilliseconds = 1e12

/** Whether something is a time in milliseconds, where seconds since the epoch are expected. */
export function isInMilliseconds(time: unknown): boolean {
  return typeof time === 'number' && time >= firstMilliseconds
}

function checkExpiry(expiresAt: unknown): void {
  if (expiresAt === undefined) return
  if (typeof expiresAt !== 'number' || Number.isNaN(expiresAt)) {
    throw new TypeError(
      'verifyToken: "expiresAt" must be a number of seconds since the epoch. Leave it out if the token does not expire.',
    )
  }
  if (isInMilliseconds(expiresAt)) {
    throw new TypeError(
      'verifyToken: "expiresAt" must be in seconds since the epoch, and is in milliseconds. Divide it by 1000.',
    )
  }
}

/**
 * The verified token of a tool call: give it what the SDK calls `authInfo` (v1: `extra.authInfo`, v2:
 * `ctx.http?.authInfo`).
 *
 * @param provider Used for its type alone: that of `claims`. Pass the provider whose gate the request came through.
 * @returns `undefined` if it is not an `AccessToken`: there was no gate, or it was not one with our verifiers.
 */
export function accessTokenOf<Claims extends object = Record<string, unknown>>(
  authInfo: unknown,
  _provider?: Pick<AuthProviderLike<Claims>, 'verifyToken'>,
): AccessToken<Claims> | undefined {
  // Not by class: the SDKs copy the object, and there may be two copies of this library.
  const { token, clientId, scopes, claims, extra } = (authInfo ?? {}) as Partial<AccessToken<Claims>>
  const isOurs =
    typeof token === 'string' &&
    typeof clientId === 'string' &&
    Array.isArray(scopes) &&
    claims !== undefined &&
    extra?.['claims'] === claims
  return isOurs ? (authInfo as AccessToken<Claims>) : undefined
}
