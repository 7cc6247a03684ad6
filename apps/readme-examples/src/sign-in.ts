import { OAuthProvider } from '@tollgate/auth-core'
import { options } from './your-options.js'
import { userOfSession } from './your-sessions.js'

export const auth = new OAuthProvider({
  ...options,
  signIn: async (request, { resumeUrl }) => {
    const user = await userOfSession(request.headers.get('cookie'))
    if (user === undefined) return { redirect: `/login?next=${encodeURIComponent(resumeUrl)}` }
    if (user.isGuest) return { denied: true }
    return { subject: user.id, name: user.email, claims: { tenant: user.tenant } }
  },
})
