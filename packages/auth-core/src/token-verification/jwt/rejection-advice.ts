import type { TokenRefusal } from '../../events/auth-event.js'
import { noListener } from '../../events/listener.js'
import type { TokenRejection } from '../../oauth/reasons.js'
import type { JwtRules } from './access-token-rules.js'
import { decodeJws, type JwtHeader, typOf } from './jws.js'
import type { ExpectedRecipient } from './recipient.js'
import { kindOfToken, mayBeAccessToken } from './token-kind.js'

type Claims = Readonly<Record<string, unknown>>

/** What an event says besides the reason. */
export type Advice = Pick<TokenRefusal, 'expected' | 'hint'>

const noAdvice: Advice = {}

/** What an ID token and what is not known to be an access token have in common for whoever has to mend it. */
const notAnAccessToken =
  'The client sent an ID token, or nothing in the token says that it is an access token. Have the client send its access token. Have the issuer write the URL of the MCP endpoint into "aud", or a scope of this server into "scope".'

/**
 * What a verifier of JWTs accepts where the token differs, and which option mends that. Configured values and fixed
 * sentences: nothing of the token, whose sender may be anybody.
 *
 * Looks at the token once more. Nobody has verified it.
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
        hint: 'Have the issuer write these claims, or leave out "profile".',
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

/** The same for what a token means, wherever its claims come from: a JWT, or an introspection response. */
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
      return { hint: 'Set "scopes" to the claims that have the scopes, or to a function.' }
    default:
      return noAdvice
  }
}

/** What is expected of an issuer, and a hint for a token that is nearly right. */
export function adviceOnIssuer(iss: unknown, names: readonly string[], hint = slashHint(iss, names)): Advice {
  return { ...expectedOne('issuer', names), ...hinted(hint) }
}

/** Configured values as the operator wrote them: one, or several. Nothing if nobody knows. */
function expectedOne(name: string, values: readonly string[]): Advice {
  const [value, ...others] = values
  return value === undefined ? noAdvice : { expected: { [name]: others.length === 0 ? value : values } }
}

function slashHint(iss: unknown, names: readonly string[]): string | undefined {
  return typeof iss === 'string' && names.some((name) => withoutSlash(name) === withoutSlash(iss))
    ? '"issuer" and "iss" differ in the slash at the end: write "issuer" as the metadata of the issuer has it.'
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

/** Nothing for the tokens of other issuers, which another source may accept. */
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
    return 'The token is of another kind. Have the client send its access token.'
  return kindOfToken(typ, claims, audiences) === 'access_token'
    ? "The issuer does not mark its access tokens with typ at+jwt. Set typ: 'any-jwt'."
    : notAnAccessToken
}

/** For tokens of Entra ID that are nearly right. */
function entraHint({ iss }: Claims, { issuers: { kind, names } }: JwtRules): string | undefined {
  const entra = 'https://login.microsoftonline.com/'
  if (typeof iss !== 'string' || !names.some((name) => name.startsWith(entra))) return undefined
  if (iss.startsWith('https://sts.windows.net/'))
    return 'The token is of version 1.0 of Entra ID. Set requestedAccessTokenVersion to 2 in the manifest of the API, or set "issuer" to https://sts.windows.net/TENANT/.'
  return kind === 'template' && iss.startsWith(entra)
    ? 'The tenant of the token is not one of "tenants".'
    : undefined
}

function withoutSlash(text: string): string {
  return text.replace(/\/$/, '')
}

function audienceHint(aud: unknown, { audiences, recipient }: ExpectedRecipient): string {
  if (recipient !== undefined)
    return 'The token names another server. Have the issuer leave that out, or set "recipient.ignoredAudiences", if every token has it.'
  if (audiences.length === 0)
    return 'Nobody said for which audience tokens must be. Set "audience", or give the verifier to a RemoteAuthProvider.'
  if (aud === undefined || aud === null)
    return 'The token has no "aud". Have the issuer write it, or set "recipient".'
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  return named.some(
    (one) => typeof one === 'string' && audiences.some((two) => withoutSlash(one) === withoutSlash(two)),
  )
    ? '"aud" and the expected audience differ in the slash at the end. Have the issuer write it as expected, or set "audience".'
    : 'Have the issuer write the expected audience into "aud", or set "audience".'
}
