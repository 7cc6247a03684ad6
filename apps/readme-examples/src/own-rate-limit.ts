import { OAuthProvider } from '@tollgate/auth-core'
import { limiter, options } from './your-options.js'

export const auth = new OAuthProvider({
  ...options,
  rateLimit: async ({ endpoint, stage, address }) => {
    if (stage !== 'arrived' || address === undefined) return { allowed: true }
    const seconds = await limiter.take(`${endpoint} ${address}`)
    return seconds === 0 ? { allowed: true } : { retryAfter: seconds }
  },
})
