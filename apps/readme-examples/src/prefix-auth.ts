import { OAuthProvider } from '@tollgate/auth-core'
import { options } from './your-options.js'

export const auth = new OAuthProvider({ ...options, baseUrl: 'https://example.com/api' })
