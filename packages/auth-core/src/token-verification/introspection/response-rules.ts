import { isInMilliseconds } from '../../contract/checked-verdict.js'
import type { TokenRejection } from '../../oauth/reasons.js'
import { checkTimes } from '../jwt/access-token-rules.js'
import { type ExpectedRecipient, wrongRecipient } from '../jwt/audience.js'
import { isKeyBound } from '../jwt/key-bound.js'
import { type Advice, adviceOnClaims, adviceOnIssuer } from '../jwt/rejection-advice.js'
import { namedKind } from '../jwt/token-kind.js'

export type IntrospectionResponse = Readonly<Record<string, unknown>>

/** What an introspection response must say. */
interface ResponseRules {
  readonly issuer?: string | undefined
  readonly allowMissingExp: boolean
  readonly dangerouslyAllowAnyAudience: boolean
  readonly dangerouslyAcceptBoundTokensAsBearer: boolean
  readonly clockTolerance: number
}

/** Why the token of a response is invalid; `undefined` if it is valid. */
export function rejectionOf(
  response: IntrospectionResponse,
  rules: ResponseRules,
  expected: ExpectedRecipient,
  now: number,
): TokenRejection | undefined {
  // Only the boolean: a server that does not know the protocol sends "true".
  if (response['active'] !== true) return 'inactive'
  if (rules.issuer !== undefined && response['iss'] !== rules.issuer) return 'issuer'
  const notForUs = wrongRecipient(response, expected)
  if (!rules.dangerouslyAllowAnyAudience && notForUs !== undefined) return notForUs
  const kind = namedKind(response)
  if (kind !== undefined && kind !== 'access_token') return kind === 'id_token' ? 'id_token' : 'type'
  if (!rules.dangerouslyAcceptBoundTokensAsBearer && isKeyBound(response)) return 'bound_to_key'
  const { sub, exp = rules.allowMissingExp ? Number.MAX_SAFE_INTEGER : undefined, nbf, iat } = response
  if (sub !== undefined && typeof sub !== 'string') return 'subject'
  if (isInMilliseconds(response['exp'])) return 'expiry_in_milliseconds'
  return checkTimes({ exp, nbf, iat }, now, rules.clockTolerance)
}

/** What an event says besides the reason: configured values and fixed sentences, nothing from the response. */
export function adviceOnResponse(
  reason: TokenRejection,
  response: IntrospectionResponse,
  { issuer = '' }: Pick<ResponseRules, 'issuer'>,
  expected: ExpectedRecipient,
): Advice {
  if (reason === 'issuer') {
    const isMissing = response['iss'] === undefined
    return adviceOnIssuer(response['iss'], [issuer], isMissing ? noIssuerHint : undefined)
  }
  if (reason === 'expired' && response['exp'] === undefined)
    return { hint: 'The introspection endpoint returns no "exp". Set "allowMissingExp".' }
  return adviceOnClaims(reason, response, expected)
}

const noIssuerHint = 'The introspection endpoint returns no "iss". Remove "issuer".'
