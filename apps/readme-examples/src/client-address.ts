import { OAuthProvider } from '@tollgate/auth-core'
import { options } from './your-options.js'

// On Express, where app.set('trust proxy', ...) names the proxies that you trust:
export const behindProxy = new OAuthProvider({ ...options, clientAddress: (_request, req) => req.ip })

// Behind a CDN that sets its own header and cannot be bypassed:
export const behindCdn = new OAuthProvider({
  ...options,
  clientAddress: (request) => request.header('cf-connecting-ip'),
})
