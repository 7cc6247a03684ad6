import { type OptionNames, refuseUnknownOptions } from '../options/unknown-options.js'

/** What a verifier knows about a token. Unknown members are left out. */
export interface AccessTokenFields<Claims extends object = Record<string, unknown>> {
  readonly token: string
  readonly clientId: string
  readonly scopes: readonly string[]
  /** Seconds since the epoch. */
  readonly expiresAt?: number | undefined
  /** The resource (RFC 8707) that the token was verified for. */
  readonly resource?: string | undefined
  /** The issuer of the token: the exact `iss`, or another name that no other source of tokens has. */
  readonly issuer?: string | undefined
  readonly subject?: string | undefined
  readonly claims?: Claims | undefined
}

/** Includes `extra`, which a copied token has. It is created again. */
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
 * A verified access token: who sends the request, with which scopes, until when.
 *
 * It extends the `AuthInfo` of both official SDKs, and has only own enumerable members, because the SDKs spread it.
 * `extra` repeats `issuer`, `subject` and `claims` for code that knows only the SDK's type.
 *
 * The constructor verifies nothing: a `TokenVerifier` creates access tokens after its checks. `token` is the raw token:
 * never log it, and never send it to another service. `console.log` and `util.inspect` of Node show `[hidden]` in its
 * place, but `JSON.stringify` and copies of the object contain it.
 */
export class AccessToken<Claims extends object = Record<string, unknown>> {
  /** The raw token, as the client sent it. */
  token: string
  /** The client that the token was issued to. */
  clientId: string
  /** The scopes of the token. */
  scopes: string[]
  /** When the token expires, in seconds since the epoch. */
  declare expiresAt?: number
  /** The resource that the token was verified for. Informative: no decision reads it back. */
  declare resource?: URL
  /**
   * The issuer of the token: its exact `iss`, or the name that the verifier gives its source. Compare callers with
   * `isSameCaller`: users of different issuers may have the same `subject`.
   */
  declare issuer?: string
  /** The user that the token was issued for, or the client if there is no user. */
  declare subject?: string
  /** All claims of the token, or the output of the `claims` schema if the verifier has one. */
  claims: Claims
  /** `issuer`, `subject` and `claims` again, where both SDKs keep what their own type lacks. */
  extra: Record<string, unknown>

  /** @throws `TypeError` for a misspelled member: without its `expiresAt`, a token would never expire. */
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
    // Defined, not declared as a method: the symbol would become part of the type, and differ between copies of this library.
    const value = withHiddenToken
    Object.defineProperty(AccessToken.prototype, Symbol.for('nodejs.util.inspect.custom'), { value })
  }
}

/** Whether a member is absent, perhaps misspelled. Checking all names would cost time in every request. */
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
 * Creates an access token from a cached one, which may have more members. Members are named one by one, because spreading
 * the object costs twice as much.
 */
export function accessTokenWith<Claims extends object>(
  known: Omit<AccessTokenFields<Claims>, 'token'>,
  token: string,
): AccessToken<Claims> {
  const { clientId, scopes, expiresAt, resource, issuer, subject, claims } = known
  return new AccessToken<Claims>({ token, clientId, scopes, expiresAt, resource, issuer, subject, claims })
}

/** What consoles print. */
function withHiddenToken(this: AccessToken): object {
  return { ...this, token: '[hidden]' }
}
