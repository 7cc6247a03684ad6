import type { RoutedProvider } from '../contract/auth-provider-like.js'
import { knownMethods, type Method, type Route, routeFor } from '../http/route.js'
import { type CallSite, checkRoutedProvider } from '../options/provider-argument.js'
import { type OptionNames, refuseUnknownOptions } from '../options/unknown-options.js'
import { joinUrl, urlPath } from '../options/url.js'

export interface MountOptions {
  /**
   * The path of the MCP endpoint below `baseUrl`, or below `resourceBaseUrl` if that is set. `null` for the root, a list
   * for several.
   */
  readonly mcpPath?: string | null | readonly (string | null)[] | undefined
  /**
   * The prefix that this application sees in front of the endpoints. Default: the path of the provider's `baseUrl`.
   * Set it to `''` behind a proxy that strips the prefix, and in a sub-application that is mounted under it; to what is
   * left, if only a part is stripped.
   */
  readonly basePath?: string | undefined
}

const optionNames = { mcpPath: true, basePath: true } as const satisfies OptionNames<MountOptions>

const onProvider = 'Set it on the provider.'

/** The option names of `mcpAuthRouter` of the official SDK. */
const remedies = {
  provider: 'Pass the provider as the first argument.',
  issuerUrl: onProvider,
  baseUrl: onProvider,
  scopesSupported: onProvider,
  resourceName: onProvider,
  serviceDocumentationUrl: 'Set "serviceDocumentation" on the provider.',
  resourceServerUrl: 'The resource is "baseUrl" of the provider and "mcpPath".',
}

/** A path that an adapter registers. */
export interface MountedPath {
  /** As the application sees it. Literal: nothing in it is a pattern. */
  readonly path: string
  /** The methods to register: `all` for every method, including those that get 405. */
  readonly methods: 'all' | readonly Method[]
  /** Never rejects. */
  readonly answer: Route['answer']
}

/**
 * Returns the routes of a provider by path, as an application sees them. Adapters register exactly these.
 *
 * @param which `well-known` for discovery alone, which must be at the root of the origin wherever the rest is.
 * @param caller The function that the developer called, for errors.
 * @throws `TypeError` for unknown options, and for a provider without routes.
 */
export function mountedPaths(
  provider: RoutedProvider<object>,
  options: MountOptions = {},
  which: 'all' | 'well-known' = 'all',
  caller: CallSite = callOf('mountedPaths'),
): MountedPath[] {
  checkRoutedProvider(caller, provider)
  refuseUnknownOptions(caller.name, options, optionNames, { remedies })
  const publicPrefix = urlPath(provider.baseUrl ?? '').replace(/\/$/, '')
  const rowsByPath = new Map<string, Route[]>()
  for (const route of routesOf(provider, options, which)) {
    const path = seenPath(route.path, publicPrefix, options.basePath ?? publicPrefix)
    const rows = rowsByPath.get(path)
    if (rows === undefined) rowsByPath.set(path, [route])
    // Stripping a prefix may turn two paths into one, such as `/v1` and `/v1/`. The first one is served.
    else if (rows[0]?.path === route.path) rows.push(route)
  }
  return [...rowsByPath].map(([path, rows]) => mountedPath(path, rows))
}

/** The call site of a function that takes a provider and these options. */
export function callOf(name: string): CallSite {
  return { name, call: `${name}(auth, { mcpPath: '/mcp' })` }
}

function routesOf(
  provider: RoutedProvider<object>,
  options: MountOptions,
  which: 'all' | 'well-known',
): Route[] {
  const mcpPaths = ([] as (string | null | undefined)[]).concat(options.mcpPath ?? [options.mcpPath])
  // Set all of them first: what is published at the root depends on how many there are.
  for (const mcpPath of mcpPaths) if (mcpPath !== undefined) provider.setMcpPath(mcpPath)
  return mcpPaths.flatMap((mcpPath) =>
    which === 'all' ? provider.getRoutes(mcpPath) : provider.getWellKnownRoutes(mcpPath),
  )
}

function seenPath(path: string, publicPrefix: string, seenPrefix: string): string {
  if (path.startsWith('/.well-known/') || !path.startsWith(publicPrefix)) return path
  return joinUrl(seenPrefix, path.slice(publicPrefix.length)).replace(/^(?!\/)/, '/')
}

function mountedPath(path: string, rows: readonly Route[]): MountedPath {
  const rowOf = new Map<string, Route>()
  for (const method of knownMethods) {
    const row = routeFor(rows, method)
    if (row !== undefined) rowOf.set(method, row)
  }
  const isComplete = rowOf.size === knownMethods.length
  // Unknown methods get the 405 of the row that refuses the others.
  const rest = (isComplete ? rows.at(-1) : rows[0]) as Route
  return {
    path,
    methods: isComplete ? 'all' : ([...rowOf.keys()] as Method[]),
    // Some frameworks run the GET handler for a HEAD request. It gets the row for HEAD.
    answer: (request, native) => (rowOf.get(request.method) ?? rest).answer(request, native),
  }
}
