import { OAuthProvider } from '@tollgate/auth-core'
import { options } from './your-options.js'

// Express, when app.set('trust proxy', ...) says which proxies to believe:
export const behindProxy = new OAuthProvider({ ...options, clientAddress: (_request, req) => req.ip })

// Behind a CDN that sets a header of its own, and that nobody can go around:
export const behindCdn = new OAuthProvider({
  ...options,
  clientAddress: (request) => request.header('cf-connecting-ip'),
})
