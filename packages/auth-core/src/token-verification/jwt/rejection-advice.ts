import type { TokenRefusal } from '../../events/auth-event.js'
import { noListener } from '../../events/listener.js'
import type { TokenRejection } from '../../oauth/reasons.js'
import type { JwtRules } from './access-token-rules.js'
import type { ExpectedRecipient } from './audience.js'
import { decodeJws, type JwtHeader, typOf } from './jws.js'
import { kindOfToken, mayBeAccessToken } from './token-kind.js'

type Claims = Readonly<Record<string, unknown>>

/** What an event says besides the reason. */
export type Advice = Pick<TokenRefusal, 'expected' | 'hint'>

const noAdvice: Advice = {}

/** For ID tokens, and for tokens that nothing marks as access tokens: both are fixed in the same places. */
const notAnAccessToken =
  'The token is an ID token, or nothing marks it as an access token. Have the client send its access token. Have the issuer write the URL of the MCP endpoint into "aud", or a scope of this server into "scope".'

/**
 * What a `JWTVerifier` expected instead, and which option fixes the rejection. Contains configured values and fixed
 * sentences, nothing from the token: anybody may have sent it.
 *
 * Decodes the token again. It is unverified.
 */
export function adviceOnJwt(
  reason: TokenRejection,
  token: string,
  rules: JwtRules,
  recipients: ExpectedRecipient,
): Advice {
  const { header, claims = {} } = decodeJws(token) ?? {}
  switch (reason) {
    case 'not_a_jwt':
      return {
        hint: isEncrypted(token)
          ? encryptedHint
          : 'If the tokens are opaque, use IntrospectionTokenVerifier.',
      }
    case 'algorithm':
      return {
        expected: { algorithms: [...rules.algorithms] },
        hint:
          header?.alg.startsWith('HS') === true
            ? 'The token is signed with a shared secret. Have the issuer sign with an asymmetric key, or set "secret".'
            : 'Set "algorithms", if you trust the algorithm that the issuer signs with.',
      }
    case 'type':
      return { expected: { typ: rules.typ }, ...hinted(typeHint(header, claims, rules, recipients)) }
    case 'issuer':
      return adviceOnIssuer(claims['iss'], rules.issuers.names, entraHint(claims, rules))
    case 'missing_claim':
      return {
        expected: { claims: rules.requiredClaims },
        hint: 'Have the issuer write these claims, or remove "profile".',
      }
    case 'id_token':
    case 'bound_to_key':
    case 'audience':
    case 'recipient':
    case 'scope':
      return adviceOnClaims(reason, claims, recipients)
    default:
      return noAdvice
  }
}

/** The same for the meaning of claims, in a JWT or an introspection response. */
export function adviceOnClaims(reason: TokenRejection, claims: Claims, expected: ExpectedRecipient): Advice {
  switch (reason) {
    case 'id_token':
      return { hint: notAnAccessToken }
    case 'audience':
      return { ...expectedOne('audience', expected.audiences), hint: audienceHint(claims['aud'], expected) }
    case 'recipient':
      return {
        ...expectedOne(expected.recipient?.claim ?? '', expected.recipient?.values ?? []),
        hint: 'Add the client to "recipient.values", if its tokens are for this server alone.',
      }
    case 'bound_to_key':
      return {
        hint: 'Have the issuer issue bearer tokens. If a proxy in front checks the proof of each request, set "dangerouslyAcceptBoundTokensAsBearer".',
      }
    case 'scope':
      return { hint: 'Set "scopes" to the claims that contain the scopes, or to a function.' }
    default:
      return noAdvice
  }
}

/** The expected issuers, and a hint if the token nearly matches. */
export function adviceOnIssuer(iss: unknown, names: readonly string[], hint = slashHint(iss, names)): Advice {
  return { ...expectedOne('issuer', names), ...hinted(hint) }
}

/** One configured value, or a list of them. Nothing without any. */
function expectedOne(name: string, values: readonly string[]): Advice {
  const [value, ...others] = values
  return value === undefined ? noAdvice : { expected: { [name]: others.length === 0 ? value : values } }
}

function slashHint(iss: unknown, names: readonly string[]): string | undefined {
  return typeof iss === 'string' && names.some((name) => withoutSlash(name) === withoutSlash(iss))
    ? '"issuer" and "iss" differ only in the trailing slash. Copy "issuer" from the metadata of the issuer.'
    : undefined
}

function hinted(hint: string | undefined): Advice {
  return hint === undefined ? noAdvice : { hint }
}

function isEncrypted(token: string): boolean {
  return token.split('.').length === 5
}

const encryptedHint =
  'The token is encrypted (JWE). Have the issuer issue signed JWTs, or use IntrospectionTokenVerifier.'

/** No hint for tokens of other issuers, which another source may accept. */
function typeHint(
  header: JwtHeader | undefined,
  claims: Claims,
  { issuers, typ: accepted }: JwtRules,
  { audiences }: ExpectedRecipient,
): string | undefined {
  const isOurs = issuers.kind === 'function' || issuers.of(claims, noListener).includes(String(claims['iss']))
  if (header === undefined || !isOurs) return undefined
  const typ = typOf(header)
  if (accepted === 'any-jwt' || !mayBeAccessToken(typ, 'any-jwt'))
    return 'The token is not an access token. Have the client send its access token.'
  return kindOfToken(typ, claims, audiences) === 'access_token'
    ? "The issuer does not mark its access tokens with typ at+jwt. Set typ: 'any-jwt'."
    : notAnAccessToken
}

/** For tokens of Entra ID that nearly match. */
function entraHint({ iss }: Claims, { issuers: { kind, names } }: JwtRules): string | undefined {
  const entra = 'https://login.microsoftonline.com/'
  if (typeof iss !== 'string' || !names.some((name) => name.startsWith(entra))) return undefined
  if (iss.startsWith('https://sts.windows.net/'))
    return 'This is a v1.0 token of Entra ID. Set requestedAccessTokenVersion to 2 in the manifest of the API, or set "issuer" to https://sts.windows.net/TENANT/.'
  return kind === 'template' && iss.startsWith(entra)
    ? 'The tenant of the token is not one of "tenants".'
    : undefined
}

function withoutSlash(text: string): string {
  return text.replace(/\/$/, '')
}

function audienceHint(aud: unknown, { audiences, recipient }: ExpectedRecipient): string {
  if (recipient !== undefined)
    return '"aud" names another server. Have the issuer remove it, or add it to "recipient.ignoredAudiences" if every token has it.'
  if (audiences.length === 0)
    return 'No audience is configured. Set "audience", or pass the verifier to a RemoteAuthProvider.'
  if (aud === undefined || aud === null)
    return 'The token has no "aud". Have the issuer write one, or set "recipient".'
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  return named.some(
    (one) => typeof one === 'string' && audiences.some((two) => withoutSlash(one) === withoutSlash(two)),
  )
    ? '"aud" and the expected audience differ only in the trailing slash. Change it at the issuer, or set "audience".'
    : 'Have the issuer write the expected audience into "aud", or set "audience".'
}
