import { OAuthError, toOAuthError } from '../oauth/oauth-error.js'
import { corsHeaders, preflightResponse } from './cors.js'
import { errorResponse } from './error-response.js'
import { fromWebRequest, type HttpRequest, pathOf, queryOf } from './http-request.js'
import { type HttpResponse, toWebResponse, withHeaders } from './http-response.js'

/** The methods that routes answer, if only with 405. Frameworks answer the rest themselves. */
export const knownMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
export type Method = (typeof knownMethods)[number]

/**
 * One row of what a provider serves. Rows for CORS preflights and for methods that are not allowed are rows like
 * any other, so an adapter registers what it is given and decides nothing.
 */
export interface Route {
  readonly methods: readonly Method[]
  /** From the origin's root, with the path of the provider's `baseUrl`. Literal: nothing in it is a pattern. */
  readonly path: string
  /** Answers a web request. Never rejects. */
  readonly handler: (request: Request) => Promise<Response>
  /**
   * Answers a request given as plain data; what adapters call. Never rejects.
   *
   * @param native The framework's own request or context, handed to the application's hooks.
   */
  readonly answer: (request: HttpRequest, native?: unknown) => Promise<HttpResponse>
}

/** Answers a request, or throws: an `OAuthError` for a refusal, anything else for a failure. */
export type Endpoint = (request: HttpRequest, native?: unknown) => Promise<HttpResponse> | HttpResponse

export interface EndpointRoutes {
  readonly path: string
  readonly methods: Readonly<Partial<Record<Method, Endpoint>>>
  /** Whether pages of other origins may call it: yes for what clients call, no for what people look at. */
  readonly cors: boolean
}

/** All rows of one path: what it serves, its preflight, and, as the last row, 405 for the rest. */
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

/** The preflight of a path that the application itself serves, such as the MCP endpoint. */
export function preflightRoute(path: string, methods: readonly Method[]): Route {
  return createRoute(['OPTIONS'], path, (request) =>
    preflightResponse(methods, request.header('access-control-request-headers')),
  )
}

/** Sends who asks for a path to a URL, for good: with the method, the body and the query of the request. */
export function redirectRoute(path: string, methods: readonly Method[], url: string): Route {
  return createRoute(methods, path, (request) => {
    const query = queryOf(request)
    const location = query === '' ? url : `${url}?${query}`
    return { status: 308, headers: { ...corsHeaders, location, 'cache-control': 'no-store' } }
  })
}

/**
 * Answers a request with the routes that it matches; `undefined` if none has its path. For handlers without a
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
 * The row for a method among the rows of one path. Where every known method has a row, the last of them is the one
 * that refuses, and it refuses unknown methods, too.
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
  const error = new OAuthError('invalid_request', 'The method is not allowed here.', { status: 405 })
  return withHeaders(errorResponse(error), { allow })
}

/** Routers read the other characters as patterns or as escapes, each in its own way. */
export function assertLiteralPath(path: string): void {
  if (!/^\/[\w\-.~%!$&',;=@/]*$/.test(path)) {
    throw new TypeError(
      `The path ${JSON.stringify(path)} must start with "/" and contain no pattern characters`,
    )
  }
}
