/** A private-use redirect URI of a well-known MCP client. */
export interface WellKnownRedirectUri {
  readonly client: string
  readonly uri: string
  /** Where the client's use of it is documented. */
  readonly source: string
}

/**
 * The private-use redirect URIs of well-known MCP clients, as each client registers them. Other clients use https or loopback
 * (VS Code, Gemini CLI, Kiro, LM Studio), or a URI that differs per server (Cline, Raycast).
 *
 * Add a row only with a source, and only if the program does nothing at that URI but receive authorization responses.
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
