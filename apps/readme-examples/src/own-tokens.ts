import { memoryStore, OAuthProvider } from '@tollgate/auth-core'
import { userOfSession } from './your-sessions.js'

export const auth = new OAuthProvider({
  baseUrl: 'https://notes.example.com',
  name: 'Notes',
  scopesSupported: ['notes:read', 'notes:write'],
  requiredScopes: ['notes:read'],
  dynamicRegistration: true,
  store: memoryStore(),
  signIn: async (request, authorization) => {
    const user = await userOfSession(request.headers.get('cookie'))
    return user === undefined
      ? { redirect: `/login?next=${encodeURIComponent(authorization.resumeUrl)}` }
      : { subject: user.id }
  },
})
