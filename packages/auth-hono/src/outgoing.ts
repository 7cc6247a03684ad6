import type { Context } from 'hono'

/** The response of the node server, as far as it is used here. */
export interface Outgoing {
  readonly headersSent: boolean
  setHeader(name: string, value: string): unknown
}

/** What `@hono/node-server` puts into `c.env`. */
interface NodeBindings {
  readonly incoming?: object
  readonly outgoing?: Outgoing
}

/**
 * The response that `@hono/node-server` sends to this request; `undefined` elsewhere. Not for a request that the
 * application has made itself, with the `c.env` of another one: its answer is the application's to use.
 */
export function outgoingOf(c: Context): Outgoing | undefined {
  const { incoming, outgoing } = (c.env ?? {}) as NodeBindings
  return incoming !== undefined && isMadeOf(incoming, c.req.raw) ? outgoing : undefined
}

/** Under which symbol the node server keeps a Node request in the web request that it makes of it. Found out once. */
let incomingKey: symbol | undefined

function isMadeOf(incoming: object, request: Request): boolean {
  if (incomingKey !== undefined && Reflect.get(request, incomingKey) === incoming) return true
  const found = Object.getOwnPropertySymbols(request).find((key) => Reflect.get(request, key) === incoming)
  if (found !== undefined) incomingKey = found
  return found !== undefined
}
