import type { AccessToken } from '../contract/access-token.js'
import type { BearerGate } from './bearer-gate.js'

/** What a gate leaves on a request that it lets pass, for what comes after it. */
export interface Admission {
  readonly gate: BearerGate<object>
  /** The verified token. `undefined` for an anonymous request. */
  readonly accessToken: AccessToken<object> | undefined
}

/*
 * Registered symbols, because an application may have several copies of this package: one gate serves the handler of
 * another copy. No client can set them: neither headers nor JSON have symbols. The number is that of the contract, so a
 * copy that means something else by it is not believed.
 */
const gateKey: unique symbol = Symbol.for('@tollgate/auth-core/gate/1')
const tokenKey: unique symbol = Symbol.for('@tollgate/auth-core/admitted-token/1')

interface Admitted {
  [gateKey]?: BearerGate<object>
  [tokenKey]?: AccessToken<object> | undefined
}

/**
 * Notes that a gate has let a request pass.
 *
 * @param request What lives as long as the request and is made for it alone: Node's request, or Hono's context.
 */
export function noteAdmission(
  request: object,
  gate: BearerGate<object>,
  accessToken: AccessToken<object> | undefined,
): void {
  // Two members rather than an object of both: every request comes by here.
  const admitted: Admitted = request
  admitted[gateKey] = gate
  admitted[tokenKey] = accessToken
}

/** How a request passed a gate; `undefined` if it passed none. */
export function admissionOf(request: object): Admission | undefined {
  // Its own, so that nothing that all requests inherit from counts for one of them.
  if (!Object.hasOwn(request, gateKey)) return undefined
  const { [gateKey]: gate, [tokenKey]: accessToken }: Admitted = request
  return gate === undefined ? undefined : { gate, accessToken }
}
