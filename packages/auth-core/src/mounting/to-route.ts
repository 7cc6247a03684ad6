import type { EventListener } from '../events/auth-event.js'
import { defaultListener, givenListener } from '../events/listener.js'
import { readBodyAgain } from '../http/body.js'
import { errorResponse } from '../http/error-response.js'
import type { HttpRequest } from '../http/http-request.js'
import { fromWebRequest, targetOf } from '../http/http-request.js'
import { type HttpResponse, toWebResponse } from '../http/http-response.js'
import { assertLiteralPath, knownMethods, type Method, type Route } from '../http/route.js'
import { toOAuthError } from '../oauth/oauth-error.js'
import { type OptionNames, refuseUnknownOptions } from '../options/unknown-options.js'
import { urlOrigin } from '../options/url.js'
import { systemClock } from '../runtime/clock.js'

export interface ToRouteOptions {
  /** From the origin's root, with the path of the provider's `baseUrl`. Literal: nothing in it is a pattern. */
  readonly path: string
  /** The methods that the handler answers. Others are for the application to refuse. */
  readonly methods: readonly Method[]
  /**
   * The public URL of the application: its origin is that of `request.url`. What a proxy or the client says of it does not
   * count.
   */
  readonly baseUrl: string
  /** The largest body, in bytes: more is refused with 413. Default: 65536. */
  readonly bodyLimit?: number | undefined
  /** Hears of requests that fail: `request.failed`, with the path as `endpoint`. Default: the console. `false` for nobody. */
  readonly onEvent?: EventListener | false | undefined
}

const optionNames = {
  path: true,
  methods: true,
  baseUrl: true,
  bodyLimit: true,
  onEvent: true,
} as const satisfies OptionNames<ToRouteOptions>

/** The application's part: a function over web requests. */
export type RouteHandler = (request: Request, native?: unknown) => Response | Promise<Response>

/**
 * Makes a route of a function over web requests, for `getRoutes` of a provider of your own or for `dispatch`. A body that a
 * parser of the framework has read is written again from what it made of it, if it is a form, JSON or text.
 *
 * What the handler throws becomes the response: an `OAuthError` as it is, anything else as `server_error`, told to
 * `onEvent`. Does **not** answer preflights, and does not stream: the response is read to its end and must be text.
 *
 * @throws `TypeError`, naming the option.
 *
 * @example
 * ```ts
 * import { OAuthProvider, type Route, toRoute } from '@tollgate/auth-core'
 *
 * export class ProviderWithStatus extends OAuthProvider {
 *   override getRoutes(mcpPath?: string | null): Route[] {
 *     const baseUrl = this.baseUrl ?? ''
 *     const { pathname } = new URL(`${baseUrl}/status`)
 *     const status = toRoute(() => Response.json({ ok: true }), { path: pathname, methods: ['GET'], baseUrl })
 *     return [...super.getRoutes(mcpPath), status]
 *   }
 * }
 * ```
 */
export function toRoute(handler: RouteHandler, options: ToRouteOptions): Route {
  refuseUnknownOptions('toRoute', options, optionNames)
  const { path, methods, baseUrl, bodyLimit = 65_536, onEvent } = options
  if (typeof handler !== 'function') throw new TypeError('toRoute: the handler must be a function.')
  if (typeof path !== 'string') throw new TypeError('toRoute: "path" must be a string.')
  assertLiteralPath(path)
  if (!Array.isArray(methods) || methods.length === 0 || !methods.every((one) => knownMethods.includes(one)))
    throw new TypeError(`toRoute: "methods" must be some of ${knownMethods.join(', ')}.`)
  if (typeof baseUrl !== 'string' || !URL.canParse(baseUrl))
    throw new TypeError('toRoute: "baseUrl" must be the public URL of the application.')
  if (!Number.isSafeInteger(bodyLimit) || bodyLimit < 0)
    throw new TypeError('toRoute: "bodyLimit" must be a whole number of bytes.')
  const emit = givenListener(onEvent) ?? defaultListener(systemClock)
  const origin = urlOrigin(baseUrl)

  async function answer(request: HttpRequest, native?: unknown): Promise<HttpResponse> {
    try {
      const asked = await webRequestOf(request, origin, bodyLimit)
      const response = await textResponseOf(await handler(asked, native))
      return request.method === 'HEAD' ? { ...response, body: undefined } : response
    } catch (thrown) {
      const error = toOAuthError(thrown)
      const { code, message: description, reason, clientId, cause } = error
      emit({ type: 'request.failed', endpoint: path, code, description, reason, clientId, cause })
      return errorResponse(error)
    }
  }

  return Object.freeze({
    methods: Object.freeze([...methods]),
    path,
    answer,
    handler: async (request: Request) => toWebResponse(await answer(fromWebRequest(request), request)),
  })
}

async function webRequestOf(request: HttpRequest, origin: string, bodyLimit: number): Promise<Request> {
  const { method } = request
  const headers = request.headers()
  // Of the connection that it came on. The body is whole by now, and may have been written again.
  for (const name of ['content-length', 'transfer-encoding', 'connection']) headers.delete(name)
  const body = method === 'GET' || method === 'HEAD' ? undefined : await readBodyAgain(request, bodyLimit)
  return new Request(`${origin}${targetOf(request)}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  })
}

async function textResponseOf(response: Response): Promise<HttpResponse> {
  // By its members: some servers replace the global `Response`.
  if (typeof response?.arrayBuffer !== 'function' || typeof response.status !== 'number')
    throw new TypeError('the handler of toRoute must return a Response')
  const { status } = response
  if (status < 200) throw new TypeError(`a Response with the status ${status} cannot be sent`)
  const headers: Record<string, string | readonly string[]> = Object.fromEntries(response.headers)
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) headers['set-cookie'] = cookies
  return { status, headers, body: response.body === null ? undefined : await textOf(response) }
}

/** Anything else than text would arrive as something else, and nobody would see why. */
async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    return decoder.decode(await response.arrayBuffer())
  } catch (cause) {
    throw new TypeError('the Response of the handler of toRoute must be text in UTF-8', { cause })
  }
}
