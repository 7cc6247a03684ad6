import type { AuthProviderLike } from '../contract/auth-provider-like.js'
import { option } from '../options/rows.js'

/** The option that names the MCP path of a gate. */
export function mcpPath() {
  return option(
    'be a path, or null for the root of "baseUrl"',
    (value) => typeof value === 'string' || value === null,
  )
}

/**
 * Returns the resource that a gate protects, which is the expected audience of its tokens. `undefined` for a verifier
 * without a provider, which has an audience of its own.
 *
 * @throws `TypeError` with the fix if the resource is unknown.
 */
export function expectedResource(
  provider: Omit<AuthProviderLike, 'verifyToken'>,
  mcpPath: string | null | undefined,
): string | undefined {
  if (mcpPath !== undefined) return provider.getResourceUrl?.(mcpPath)
  if ((provider.mcpPaths?.length ?? 0) > 1)
    throw new TypeError('The provider serves several MCP paths. Set "mcpPath" on each gate.')
  const resource = provider.resourceUrl
  if (resource === undefined && (provider.resourceBaseUrl ?? provider.baseUrl) !== undefined)
    throw new TypeError(
      'The provider does not know its MCP path yet. Mount its routes before the gate, or set "mcpPath" on the gate.',
    )
  return resource
}
