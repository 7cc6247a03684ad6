import { OAuthProvider } from '@tollgate/auth-core'
import { options } from './your-options.js'
import { users } from './your-users.js'

export const auth = new OAuthProvider({
  ...options,
  isUserAllowed: async (subject, { authorizedAt }) => {
    const user = await users.find(subject)
    return user !== undefined && !user.isDisabled && user.passwordChangedAt <= authorizedAt
  },
})
