import { OAuthProvider } from '@tollgate/auth-core'
import { options } from './your-options.js'
import { sessionOf } from './your-sessions.js'

export const auth = new OAuthProvider({
  ...options,
  signIn: async (request, { resumeUrl }) => {
    const session = await sessionOf(request.headers.get('cookie'))
    // What the user pressed on your page, kept with the `resumeUrl` of the request that the page was about. Good once.
    const answer = session.takeAnswer(resumeUrl)
    if (answer === 'deny') return { denied: true, by: 'user' }
    if (answer === 'allow') return { subject: session.user, consentGiven: true }
    return { redirect: `/may-it?request=${encodeURIComponent(resumeUrl)}` }
  },
})
