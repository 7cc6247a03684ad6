import { noteAdmission } from './admission.js'
import type { BearerGate, GateAnswer } from './bearer-gate.js'
import { WebGateRequest } from './request/gate-request.js'

/** Takes a request of the Fetch API through a gate, and notes on it that it has passed. Never rejects. */
export async function admitWebRequest<Claims extends object>(
  gate: BearerGate<Claims>,
  request: Request,
): Promise<GateAnswer<Claims>> {
  const authorization = request.headers.get('authorization') ?? undefined
  const answer = await gate.authenticate(authorization, new WebGateRequest(request))
  if (answer.refusal === undefined) noteAdmission(request, gate, answer.accessToken)
  return answer
}
