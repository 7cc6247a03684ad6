import {
  type AuthEvent,
  type Clock,
  memoryStore,
  OAuthProvider,
  type OAuthProviderOptions,
  type SignIn,
  type Store,
} from '@tollgate/auth-core'
import type { ProtectedApp } from './hosts.js'

export interface NotesAppOptions extends Partial<OAuthProviderOptions> {
  readonly now?: Clock
  readonly store?: Store
  readonly events?: AuthEvent[]
}

/** A browser with the cookie `user=NAME` is signed in as NAME. Any other is sent to `/login`. */
export const signInByCookie: SignIn = (request, authorization) => {
  const user = /(?:^|; )user=(\w+)/.exec(request.headers.get('cookie') ?? '')?.[1]
  return user === undefined
    ? { redirect: `/login?next=${encodeURIComponent(authorization.resumeUrl)}` }
    : { subject: user }
}

/** A notes server that issues its own tokens. */
export function notesProvider(origin: string, { events, ...options }: NotesAppOptions = {}): OAuthProvider {
  return new OAuthProvider({
    baseUrl: origin,
    name: 'Notes & more',
    scopesSupported: ['notes:read', 'notes:write'],
    requiredScopes: ['notes:read'],
    dynamicRegistration: true,
    store: options.store ?? memoryStore(options.now === undefined ? {} : { now: options.now }),
    signIn: signInByCookie,
    ...(events === undefined ? {} : { onEvent: (event: AuthEvent) => events.push(event) }),
    ...options,
  })
}

/** The notes server as an application, for `Host.start`. */
export function notesApp(options: NotesAppOptions = {}, app: Partial<ProtectedApp> = {}) {
  return (origin: string): ProtectedApp => ({
    provider: notesProvider(origin, options),
    ...app,
  })
}
