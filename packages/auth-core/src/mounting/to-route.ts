import type { EventListener } from '../events/auth-event.js'
import { defaultListener, givenListener } from '../events/listener.js'
import { readBodyAgain } from '../http/body.js'
import { errorResponse } from '../http/error-response.js'
import type { HttpRequest } from '../http/http-request.js'
import { fromWebRequest, targetOf } from '../http/http-request.js'
import { type HttpResponse, toWebResponse } from '../http/http-response.js'
import { assertLiteralPath, knownMethods, type Method, type Route } from '../http/route.js'
import { toOAuthError } from '../oauth/oauth-error.js'
import { checkedOptions, type OptionTable } from '../options/option-table.js'
import { functionOrFalse, option, required, wholeNumber, withDefault } from '../options/rows.js'
import { urlOrigin } from '../options/url.js'
import { systemClock } from '../runtime/clock.js'

export interface ToRouteOptions {
  /** From the root of the origin, with the path of the provider's `baseUrl`. Literal, not a pattern. */
  readonly path: string
  /** The methods that the handler responds to. The application must refuse the others. */
  readonly methods: readonly Method[]
  /**
   * The public URL of the application. Its origin becomes that of `request.url`, whatever a proxy or the client sends.
   */
  readonly baseUrl: string
  /** The largest body, in bytes. A larger one gets 413. Default: 65536. */
  readonly bodyLimit?: number | undefined
  /** Receives `request.failed`, with the path as `endpoint`. Default: the console. `false` for none. */
  readonly onEvent?: EventListener | false | undefined
}

export function toRouteOptionTable() {
  return {
    path: required(option('be a string', (value) => typeof value === 'string')),
    methods: required(
      option(
        `be some of ${knownMethods.join(', ')}`,
        (value) =>
          Array.isArray(value) && value.length > 0 && value.every((one) => knownMethods.includes(one)),
      ),
    ),
    baseUrl: required(
      option(
        'be the public URL of the application',
        (value) => typeof value === 'string' && URL.canParse(value),
      ),
    ),
    bodyLimit: withDefault(wholeNumber({ least: 0 }), 65_536),
    onEvent: functionOrFalse(),
  } satisfies OptionTable<ToRouteOptions>
}

/** The application's handler of web requests. */
export type RouteHandler = (request: Request, native?: unknown) => Response | Promise<Response>

/**
 * Makes a route from a handler of web requests, for `getRoutes` of your own provider or for `dispatch`. A form, JSON or text
 * that the framework has parsed is serialized again.
 *
 * An `OAuthError` that the handler throws becomes the response. Any other error becomes `server_error`. Both are emitted as
 * `request.failed`. Does **not** respond to preflights. Does **not** stream: the response must be text, and is read to its end.
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
  const checked = checkedOptions('toRoute', options, toRouteOptionTable())
  const { path, methods, baseUrl, bodyLimit, onEvent } = checked
  if (typeof handler !== 'function') throw new TypeError('toRoute: the handler must be a function.')
  assertLiteralPath(path)
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
  // They describe the connection. The body has been read, and may have been serialized again.
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

/** Refuses bytes that are not text: they would arrive damaged, without an error. */
async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    return decoder.decode(await response.arrayBuffer())
  } catch (cause) {
    throw new TypeError('the Response of the handler of toRoute must be text in UTF-8', { cause })
  }
}
