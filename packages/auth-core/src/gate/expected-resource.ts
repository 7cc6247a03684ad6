import type { AuthProviderLike } from '../contract/auth-provider-like.js'

/**
 * The resource that a gate protects. `undefined` for a verifier that stands alone and has its own audience.
 *
 * @throws `TypeError` if it cannot be known, naming the fix.
 */
export function expectedResource(
  provider: Omit<AuthProviderLike, 'verifyToken'>,
  mcpPath: string | null | undefined,
): string | undefined {
  if (mcpPath !== undefined) return provider.getResourceUrl?.(mcpPath)
  if ((provider.mcpPaths?.length ?? 0) > 1) {
    throw new TypeError('The provider serves several MCP paths: tell each gate its own with "mcpPath"')
  }
  const resource = provider.resourceUrl
  if (resource === undefined && (provider.resourceBaseUrl ?? provider.baseUrl) !== undefined) {
    throw new TypeError(
      'The provider does not know its MCP path yet: mount its routes before the gate, or give the gate "mcpPath"',
    )
  }
  return resource
}
