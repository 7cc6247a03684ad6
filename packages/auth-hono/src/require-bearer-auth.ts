import { createBearerGate, type GateAnswer, isPromiseLike, noteAdmission } from '@tollgate/auth-core/adapter'
import type { AccessToken, AuthProviderLike, BearerGateOptions } from '@tollgate/auth-core/resource-server'
import type { Context, MiddlewareHandler, Next } from 'hono'
import { HonoGateRequest } from './gate-request.js'
import type { AuthVariables } from './get-auth.js'
import { outgoingOf } from './outgoing.js'
import { send } from './send.js'

/**
 * Lets a request pass only with a good bearer token. The token is then in `c.get('auth')`, typed in `getAuth(c)`. With
 * `allowAnonymous`, requests without a token pass that use nothing but what it lists.
 *
 * @throws `TypeError` at once if the provider does not know its MCP path yet.
 */
export function requireBearerAuth<Claims extends object = Record<string, unknown>>(
  provider: AuthProviderLike<Claims>,
  options?: BearerGateOptions & {
    readonly allowAnonymous?: false | undefined
    readonly dangerouslyAllowAnonymousEverything?: false | undefined
  },
): MiddlewareHandler<{ Variables: AuthVariables<Claims> }>
export function requireBearerAuth<Claims extends object = Record<string, unknown>>(
  provider: AuthProviderLike<Claims>,
  options: BearerGateOptions | undefined,
): MiddlewareHandler<{ Variables: Partial<AuthVariables<Claims>> }>
export function requireBearerAuth<Claims extends object>(
  provider: AuthProviderLike<Claims>,
  options: BearerGateOptions = {},
): MiddlewareHandler {
  const gate = createBearerGate(provider, options)

  /** For a request that passed: without a promise of its own, because each costs every request. */
  function proceed(c: Context, next: Next, accessToken: AccessToken<object> | undefined): Promise<void> {
    const outgoing = outgoingOf(c)
    // The application has answered by itself meanwhile, for example because its deadline was over.
    if (outgoing?.headersSent === true) return Promise.resolve()
    noteAdmission(c, gate, accessToken)
    c.set('auth', accessToken)
    const headers = gate.responseHeaders(accessToken, c.req.header('origin'))
    const isFromPage = headers['access-control-allow-origin'] !== undefined
    if (outgoing === undefined || isFromPage || accessToken === undefined) {
      return next().then(() => addToResponse(c, headers))
    }
    // Said like this, it does not have to be put into a response that is made already. One that has a `Vary` of its own
    // replaces it, which an anonymous one must not: shared caches may keep those (RFC 9111 section 3.5).
    for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value)
    return next()
  }

  return function requireBearerAuth(c, next) {
    const settle = ({ accessToken, refusal }: GateAnswer<Claims>): ReturnType<MiddlewareHandler> =>
      refusal === undefined ? proceed(c, next, accessToken) : Promise.resolve(send(c, refusal))

    const answer = gate.authenticate(c.req.header('authorization'), new HonoGateRequest(c))
    return isPromiseLike(answer) ? answer.then(settle) : settle(answer)
  }
}

function addToResponse(c: Context, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!c.res.headers.has(name)) c.header(name, value)
    else if (name === 'vary') c.header(name, value, { append: true })
  }
}
