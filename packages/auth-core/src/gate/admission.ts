import type { AccessToken } from '../contract/access-token.js'
import type { BearerGate } from './bearer-gate.js'

/** The mark of a gate on a request that it has admitted. */
export interface Admission {
  readonly gate: BearerGate<object>
  /** The verified token. `undefined` for an anonymous request. */
  readonly accessToken: AccessToken<object> | undefined
}

/*
 * Registered symbols, because an application may have several copies of this package, and the gate of one may serve the
 * handler of another. No client can set them: neither headers nor JSON have symbols. The number is the version of the
 * contract, so a copy with another contract is ignored.
 */
const gateKey: unique symbol = Symbol.for('@tollgate/auth-core/gate/1')
const tokenKey: unique symbol = Symbol.for('@tollgate/auth-core/admitted-token/1')

interface Admitted {
  [gateKey]?: BearerGate<object>
  [tokenKey]?: AccessToken<object> | undefined
}

/**
 * Marks a request as admitted by a gate.
 *
 * @param request An object that exists for this request alone: Node's request, or Hono's context.
 */
export function noteAdmission(
  request: object,
  gate: BearerGate<object>,
  accessToken: AccessToken<object> | undefined,
): void {
  // Two members, because an object of both would be allocated for every request.
  const admitted: Admitted = request
  admitted[gateKey] = gate
  admitted[tokenKey] = accessToken
}

/** Returns the mark of a gate on a request. `undefined` if no gate has admitted the request. */
export function admissionOf(request: object): Admission | undefined {
  // Only its own: a prototype that requests share must not admit them all.
  if (!Object.hasOwn(request, gateKey)) return undefined
  const { [gateKey]: gate, [tokenKey]: accessToken }: Admitted = request
  return gate === undefined ? undefined : { gate, accessToken }
}
