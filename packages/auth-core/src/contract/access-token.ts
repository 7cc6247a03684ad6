import { type OptionNames, refuseUnknownOptions } from '../options/unknown-options.js'

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
export const accessTokenFields = {
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
    if (isIncomplete(fields)) refuseUnknownOptions('AccessToken', fields, accessTokenFields)
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
