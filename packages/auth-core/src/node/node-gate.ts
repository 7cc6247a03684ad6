import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AccessToken } from '../contract/access-token.js'
import { type Admission, noteAdmission } from '../gate/admission.js'
import type { BearerGate, GateAnswer } from '../gate/bearer-gate.js'
import { rawHeader } from '../http/raw-headers.js'
import { NodeGateRequest } from './gate-request.js'
import { authorizationOf, type NodeRequest } from './node-request.js'

/**
 * Takes a Node request through a gate. Returns synchronously for a cached token. Neither throws nor rejects.
 *
 * @param parsed Holds the body that a parser has read, in `body`. Default: the request.
 */
export function authenticateNodeRequest<Claims extends object>(
  gate: BearerGate<Claims>,
  request: NodeRequest,
  parsed: { readonly body?: unknown } = request,
): GateAnswer<Claims> | Promise<GateAnswer<Claims>> {
  return gate.authenticate(authorizationOf(request), new NodeGateRequest(request, parsed))
}

/**
 * Marks a request as admitted by a gate, sets `auth`, where both SDKs look for the token, and sets the headers that the
 * response must have. Headers that the application has set stay.
 */
export function admitNodeRequest(
  { gate, accessToken }: Admission,
  request: IncomingMessage & { auth?: AccessToken<object> | undefined },
  response: ServerResponse,
): void {
  request.auth = accessToken
  noteAdmission(request, gate, accessToken)
  const headers = gate.responseHeaders(accessToken, rawHeader(request.rawHeaders, 'origin'))
  for (const [name, value] of Object.entries(headers)) {
    if (!response.hasHeader(name)) response.setHeader(name, value)
    else if (name === 'vary') response.appendHeader(name, value)
  }
}
