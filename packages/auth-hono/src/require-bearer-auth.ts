import {
  type AccessToken,
  type AuthProviderLike,
  type BearerGate,
  type BearerGateOptions,
  createBearerGate,
  formReaderOf,
  type GateAnswer,
  isForm,
  isPromiseLike,
  protectedResponseHeaders,
} from '@tollgate/auth-core/resource-server'
import type { Context, MiddlewareHandler, Next } from 'hono'
import type { AuthVariables } from './get-auth.js'
import { keptBody } from './kept-body.js'
import { outgoingOf } from './outgoing.js'
import { send } from './send.js'

/** Where the gate that let a request pass is left for what comes after it. */
const passedGate = Symbol('tollgate gate')

type PassedContext = Context & { [passedGate]?: BearerGate<object> }

type ReadHeader = (name: string) => string | undefined

/**
 * Lets a request pass only with a good bearer token. The token is then in `c.get('auth')`, typed in `getAuth(c)`. With
 * `allowAnonymous`, requests without a token pass, too.
 *
 * @throws `TypeError` at once if the provider does not know its MCP path yet.
 */
export function requireBearerAuth<Claims extends object = Record<string, unknown>>(
  provider: AuthProviderLike<Claims>,
  options?: BearerGateOptions & { readonly allowAnonymous?: false | undefined },
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
  function proceed(
    c: Context,
    next: Next,
    accessToken: AccessToken<object> | undefined,
    header: ReadHeader,
  ): Promise<void> {
    const outgoing = outgoingOf(c)
    // The application has answered by itself meanwhile, for example because its deadline was over.
    if (outgoing?.headersSent === true) return Promise.resolve()
    ;(c as PassedContext)[passedGate] = gate
    c.set('auth', accessToken)
    const headers = protectedResponseHeaders(header)
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
    const header: ReadHeader = (name) => c.req.header(name)
    const settle = ({ accessToken, refusal }: GateAnswer<Claims>): ReturnType<MiddlewareHandler> =>
      refusal === undefined ? proceed(c, next, accessToken, header) : Promise.resolve(send(c, refusal))

    const readForm = isForm(c.req.method, header) ? () => readFormOf(c) : undefined
    const answer = gate.authenticate(header('authorization'), readForm)
    return isPromiseLike(answer) ? answer.then(settle) : settle(answer)
  }
}

async function readFormOf(c: Context): Promise<unknown> {
  return c.req.raw.bodyUsed ? keptBody(c) : formReaderOf(c.req.raw)?.()
}

function addToResponse(c: Context, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!c.res.headers.has(name)) c.header(name, value)
    else if (name === 'vary') c.header(name, value, { append: true })
  }
}

export function gateOf(c: Context): BearerGate<object> | undefined {
  return (c as PassedContext)[passedGate]
}
