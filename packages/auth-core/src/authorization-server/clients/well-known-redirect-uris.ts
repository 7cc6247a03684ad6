/** A private-use redirect URI of a well-known MCP client. */
export interface WellKnownRedirectUri {
  readonly client: string
  readonly uri: string
  /** Where it is said that the client uses it. */
  readonly source: string
}

/**
 * The private-use redirect URIs of well-known MCP clients, each as the client registers it. Clients that are not here use
 * https or loopback, as VS Code, Gemini CLI, Kiro and LM Studio do, or a URI that differs per server, as Cline and Raycast do.
 *
 * A row opens one place in one program: add one only with a source, and only if what is behind it does nothing but take
 * an authorization response.
 */
export const wellKnownRedirectUris: readonly WellKnownRedirectUri[] = [
  {
    client: 'Cursor',
    uri: 'cursor://anysphere.cursor-mcp/oauth/callback',
    source: 'https://github.com/makeplane/plane-mcp-server/issues/159',
  },
  {
    client: 'Claude (desktop application)',
    uri: 'claude://claude.ai/mcp-auth-callback/sdk',
    source: 'https://github.com/anthropics/claude-code/issues/93671',
  },
  {
    client: 'Warp',
    uri: 'warp://mcp/oauth2callback',
    source: 'https://github.com/warpdotdev/warp/issues/9088',
  },
  {
    client: 'Grok Bot',
    uri: 'grokbot://mcp/oauth/callback',
    source: 'https://github.com/tylerklose/hitch-rails/blob/main/CHANGELOG.md',
  },
]
