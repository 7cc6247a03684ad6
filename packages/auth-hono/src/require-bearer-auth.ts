import {
  type AuthProviderLike,
  type BearerGate,
  type BearerGateOptions,
  createBearerGate,
  protectedResponseHeaders,
  rawHeader,
} from '@tollgate/auth-core/resource-server'
import type { Context, MiddlewareHandler } from 'hono'
import { send } from './send.js'

/** Where the gate that let a request pass is left for what comes after it. */
const passedGate = Symbol('tollgate gate')

type PassedContext = Context & { [passedGate]?: BearerGate }

/** What `@hono/node-server` puts into `c.env`: reading it spares the web request, which costs more than the gate. */
interface NodeBindings {
  readonly incoming?: { readonly rawHeaders?: readonly string[] }
  readonly outgoing?: { setHeader(name: string, value: string): unknown }
}

/**
 * Lets a request pass only with a good bearer token. The token is then in `c.get('auth')`, typed in `getAuth(c)`.
 *
 * @throws `TypeError` at once if the provider does not know its MCP path yet.
 */
export function requireBearerAuth(
  provider: AuthProviderLike,
  options: BearerGateOptions = {},
): MiddlewareHandler {
  const gate = createBearerGate(provider, options)
  return async function requireBearerAuth(c, next) {
    const { incoming, outgoing } = (c.env ?? {}) as NodeBindings
    const rawHeaders = incoming?.rawHeaders
    const header = (name: string) =>
      rawHeaders === undefined ? c.req.header(name) : rawHeader(rawHeaders, name)

    const answer = gate.authenticate(header('authorization'))
    const { accessToken, refusal } = answer instanceof Promise ? await answer : answer
    if (refusal !== undefined) return send(c, refusal)
    ;(c as PassedContext)[passedGate] = gate
    c.set('auth', accessToken)

    const headers = protectedResponseHeaders(header)
    if (outgoing !== undefined && headers['access-control-allow-origin'] === undefined) {
      // Said like this, it does not have to be put into a response that is made already.
      for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value)
      return next()
    }
    await next()
    for (const [name, value] of Object.entries(headers)) {
      if (!c.res.headers.has(name)) c.header(name, value)
      else if (name === 'vary') c.header(name, value, { append: true })
    }
    return undefined
  }
}

export function gateOf(c: Context): BearerGate | undefined {
  return (c as PassedContext)[passedGate]
}
