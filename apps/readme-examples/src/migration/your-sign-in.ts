import type { SignIn } from '@tollgate/auth-core'

/** Stands for the reader's own sign-in. */
export const signIn: SignIn = () => ({ subject: 'alice' })
