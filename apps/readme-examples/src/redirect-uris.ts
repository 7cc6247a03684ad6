import { OAuthProvider } from '@tollgate/auth-core'
import { options } from './your-options.js'

export const auth = new OAuthProvider({
  ...options,
  allowedRedirectUris: [
    'com.example.app:/oauth/callback',
    { prefix: 'vscode://saoudrizwan.claude-dev/mcp-auth/callback/' }, // Cline: the last segment differs per server
  ],
})
