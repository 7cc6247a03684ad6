import { createBearerGate, type GateAnswer, isPromiseLike, noteAdmission } from '@tollgate/auth-core/adapter'
import type { AccessToken, AuthProviderLike, BearerGateOptions } from '@tollgate/auth-core/resource-server'
import type { Context, MiddlewareHandler, Next } from 'hono'
import { HonoGateRequest } from './gate-request.js'
import type { AuthVariables } from './get-auth.js'
import { send } from './send.js'

/**
 * Creates middleware that admits requests with a valid bearer token. The token is then in `c.get('auth')`, and
 * `getAuth(c)` returns it with its type. `allowAnonymous` lists what requests without a token may use.
 *
 * @throws `TypeError` if the provider does not know its MCP path yet.
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

  function proceed(c: Context, next: Next, accessToken: AccessToken<object> | undefined): Promise<void> {
    // The application has responded in the meantime, for example because of a time limit.
    if (c.finalized) return Promise.resolve()
    noteAdmission(c, gate, accessToken)
    c.set('auth', accessToken)
    const headers = gate.responseHeaders(accessToken, c.req.header('origin'))
    return next().then(() => addToResponse(c, headers))
  }

  return function requireBearerAuth(c, next) {
    const settle = ({ accessToken, refusal }: GateAnswer<Claims>): ReturnType<MiddlewareHandler> =>
      refusal === undefined ? proceed(c, next, accessToken) : Promise.resolve(send(c, refusal))

    const answer = gate.authenticate(c.req.header('authorization'), new HonoGateRequest(c))
    return isPromiseLike(answer) ? answer.then(settle) : settle(answer)
  }
}

/** Headers that the application has set stay. */
function addToResponse(c: Context, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    const isPresent = c.res.headers.has(name)
    if (!isPresent || name === 'vary') addHeader(c, name, value, isPresent)
  }
}

function addHeader(c: Context, name: string, value: string, append: boolean): void {
  try {
    // In place: `c.header` would copy the response.
    if (append) c.res.headers.append(name, value)
    else c.res.headers.set(name, value)
  } catch {
    // The headers of a fetched response are immutable.
    c.header(name, value, { append })
  }
}
