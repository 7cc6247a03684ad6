import { OAuthProvider } from '@tollgate/auth-core'
import { options } from './your-options.js'

const trusted = ['claude.ai', 'chatgpt.com', 'vscode.dev']

export const auth = new OAuthProvider({
  ...options,
  clientIdMetadataDocuments: { allows: (clientId) => trusted.includes(new URL(clientId).host) },
})
