import { memoryRateLimit, OAuthProvider } from '@tollgate/auth-core'
import { options } from './your-options.js'

export const auth = new OAuthProvider({
  ...options,
  rateLimit: memoryRateLimit({
    registrations: { burst: 100, perMinute: 10 },
    requestsPerClient: { burst: 600, perMinute: 600 },
  }),
})
