import type { RoutedProvider } from './auth-provider.js'
import { joinUrl, urlPath } from './configuration-url.js'
import type { Route } from './http/route.js'

export interface MountOptions {
  /** Where the MCP endpoint is below `baseUrl`; `null` for the root; a list for several. */
  readonly mcpPath?: string | null | readonly (string | null)[] | undefined
  /**
   * The prefix that this application sees in front of the endpoints. Default: the path of the provider's `baseUrl`;
   * `''` behind a proxy that strips it, and for a sub-application that is mounted under it.
   */
  readonly basePath?: string | undefined
}

/**
 * The routes of a provider with the paths that an application sees them at. What adapters register, in this order
 * and nothing else.
 *
 * @param which `well-known` for discovery alone, which must be at the origin's root wherever the rest is.
 */
export function mountedRoutes(
  provider: RoutedProvider,
  options: MountOptions = {},
  which: 'all' | 'well-known' = 'all',
): Route[] {
  const mcpPaths = ([] as (string | null | undefined)[]).concat(options.mcpPath ?? [options.mcpPath])
  // All of them first: what is published at the root depends on how many there are.
  for (const mcpPath of mcpPaths) if (mcpPath !== undefined) provider.setMcpPath(mcpPath)
  const routes = mcpPaths.flatMap((mcpPath) =>
    which === 'all' ? provider.getRoutes(mcpPath) : provider.getWellKnownRoutes(mcpPath),
  )
  const publicPrefix = urlPath(provider.baseUrl ?? '').replace(/\/$/, '')
  const seenPrefix = options.basePath ?? publicPrefix
  return withoutRepeats(routes).map((route) => ({
    ...route,
    path: seenPath(route.path, publicPrefix, seenPrefix),
  }))
}

function seenPath(path: string, publicPrefix: string, seenPrefix: string): string {
  if (path.startsWith('/.well-known/') || !path.startsWith(publicPrefix)) return path
  return joinUrl(seenPrefix, path.slice(publicPrefix.length)).replace(/^(?!\/)/, '/')
}

/** Several MCP paths share the endpoints of one authorization server. */
function withoutRepeats(routes: readonly Route[]): Route[] {
  const seen = new Set<string>()
  return routes.filter(({ methods, path }) => {
    const key = `${methods.join()} ${path}`
    return !seen.has(key) && seen.add(key)
  })
}
