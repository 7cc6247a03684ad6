import { OAuthError, toOAuthError } from '../oauth/oauth-error.js'
import { corsHeaders, preflightResponse } from './cors.js'
import { errorResponse } from './error-response.js'
import { fromWebRequest, type HttpRequest, pathOf, queryOf } from './http-request.js'
import { type HttpResponse, toWebResponse, withHeaders } from './http-response.js'

/** The methods that routes respond to, including with 405. Frameworks handle all others. */
export const knownMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
export type Method = (typeof knownMethods)[number]

/**
 * A path and methods that a provider serves. CORS preflights and methods that are not allowed have routes, too, so that an
 * adapter registers what it gets and decides nothing.
 */
export interface Route {
  readonly methods: readonly Method[]
  /** From the origin's root, with the path of the provider's `baseUrl`. Literal: nothing in it is a pattern. */
  readonly path: string
  /** Responds to a web request. Never rejects. */
  readonly handler: (request: Request) => Promise<Response>
  /**
   * Responds to a request given as plain data. Adapters call this. Never rejects.
   *
   * @param native The framework's own request or context, for the application's hooks.
   */
  readonly answer: (request: HttpRequest, native?: unknown) => Promise<HttpResponse>
}

/** Responds to a request. Throws an `OAuthError` for a refusal, anything else for a failure. */
export type Endpoint = (request: HttpRequest, native?: unknown) => Promise<HttpResponse> | HttpResponse

export interface EndpointRoutes {
  readonly path: string
  readonly methods: Readonly<Partial<Record<Method, Endpoint>>>
  /** Whether pages of other origins may call it: `true` for clients, `false` for pages that people see. */
  readonly cors: boolean
}

/** Makes all routes of one path: its methods, its preflight, and last, 405 for all other methods. */
export function endpointRoutes({ path, methods, cors }: EndpointRoutes): Route[] {
  const allowed = knownMethods.filter((method) => method in methods)
  const headers = cors ? corsHeaders : {}
  const rows = allowed.map((method) =>
    createRoute([method], path, async (request, native) => {
      try {
        return withHeaders(await (methods[method] as Endpoint)(request, native), headers)
      } catch (thrown) {
        return withHeaders(errorResponse(toOAuthError(thrown)), headers)
      }
    }),
  )
  if (cors) rows.push(preflightRoute(path, allowed))

  const served = new Set<Method>(cors ? [...allowed, 'OPTIONS'] : allowed)
  const refused = knownMethods.filter((method) => !served.has(method))
  const allow = [...served].join(', ')
  rows.push(createRoute(refused, path, () => withHeaders(methodNotAllowed(allow), headers)))
  return rows
}

/** Makes the preflight of a path that the application itself serves, such as the MCP endpoint. */
export function preflightRoute(path: string, methods: readonly Method[]): Route {
  return createRoute(['OPTIONS'], path, (request) =>
    preflightResponse(methods, request.header('access-control-request-headers')),
  )
}

/** Redirects a path permanently, with the method, the body and the query of the request. */
export function redirectRoute(path: string, methods: readonly Method[], url: string): Route {
  return createRoute(methods, path, (request) => {
    const query = queryOf(request)
    const location = query === '' ? url : `${url}?${query}`
    return { status: 308, headers: { ...corsHeaders, location, 'cache-control': 'no-store' } }
  })
}

/**
 * Responds to a request with the route that matches it; `undefined` if none has its path. For handlers without a
 * framework: a Worker, `Deno.serve`, `Bun.serve`.
 *
 * @example
 * ```ts
 * import { createMcpHandler } from '@modelcontextprotocol/server'
 * import { dispatch, protectedResponse, requireBearerAuth } from '@tollgate/auth-core'
 * import { auth } from './remote-auth.js'
 * import { createServer } from './your-server-v2.js'
 *
 * const routes = auth.getRoutes('/mcp')
 * const authenticate = requireBearerAuth(auth)
 * const mcp = createMcpHandler(createServer)
 *
 * export default {
 *   async fetch(request: Request): Promise<Response> {
 *     const answer = dispatch(routes, request)
 *     if (answer !== undefined) return answer
 *     const authInfo = await authenticate(request)
 *     if (authInfo instanceof Response) return authInfo
 *     return protectedResponse(request, await mcp.fetch(request, { authInfo }))
 *   },
 * }
 * ```
 */
export function dispatch(routes: readonly Route[], request: Request): Promise<Response> | undefined {
  const path = pathOf(request)
  return routeFor(
    routes.filter((route) => route.path === path),
    request.method,
  )?.handler(request)
}

/**
 * The route for a method among the routes of one path. If every known method has a route, the last one responds 405, and
 * unknown methods get it, too.
 */
export function routeFor(rows: readonly Route[], method: string): Route | undefined {
  const takes = (row: Route, one: string) => (row.methods as readonly string[]).includes(one)
  const isComplete = knownMethods.every((known) => rows.some((row) => takes(row, known)))
  return rows.find((row) => takes(row, method)) ?? (isComplete ? rows.at(-1) : undefined)
}

function createRoute(methods: readonly Method[], path: string, answer: Endpoint): Route {
  assertLiteralPath(path)
  const route: Route = {
    methods,
    path,
    answer: async (request, native) => {
      const response = await answer(request, native)
      return request.method === 'HEAD' ? { ...response, body: undefined } : response
    },
    handler: async (request) => toWebResponse(await route.answer(fromWebRequest(request), request)),
  }
  return Object.freeze(route)
}

function methodNotAllowed(allow: string): HttpResponse {
  const error = new OAuthError('invalid_request', 'The method is not allowed.', { status: 405 })
  return withHeaders(errorResponse(error), { allow })
}

/** Routers read other characters as patterns or escapes, each in its own way. */
export function assertLiteralPath(path: string): void {
  if (!/^\/[\w\-.~%!$&',;=@/]*$/.test(path)) {
    throw new TypeError(
      `The path ${JSON.stringify(path)} must start with "/" and contain no pattern characters`,
    )
  }
}
