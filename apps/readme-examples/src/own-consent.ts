import { OAuthProvider } from '@tollgate/auth-core'
import { options } from './your-options.js'
import { sessionOf } from './your-sessions.js'

export const auth = new OAuthProvider({
  ...options,
  signIn: async (request, { resumeUrl }) => {
    const session = await sessionOf(request.headers.get('cookie'))
    // The answer that the user gave on your page, stored with the `resumeUrl` of the request. Valid once.
    const answer = session.takeAnswer(resumeUrl)
    if (answer === 'deny') return { denied: true, by: 'user' }
    if (answer === 'allow') return { subject: session.user, consentGiven: true }
    return { redirect: `/may-it?request=${encodeURIComponent(resumeUrl)}` }
  },
})
