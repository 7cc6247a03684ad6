import type { AccessToken } from '../contract/access-token.js'

/** Passes a request on, with its token if one was verified. */
export type MiddlewareNext<Claims extends object = Record<string, unknown>> = (
  request: Request,
  accessToken?: AccessToken<Claims>,
) => Promise<Response>

/** Responds to a web request, or passes it on to `next`. */
export type Middleware<Claims extends object = Record<string, unknown>> = (
  request: Request,
  next: MiddlewareNext<Claims>,
) => Promise<Response>
