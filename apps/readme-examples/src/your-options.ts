import { type EventLogger, memoryStore, type OAuthProviderOptions, type Store } from '@tollgate/auth-core'
import type { Request } from 'express'

/** Stands for the options that the examples do not show. */
export const options: OAuthProviderOptions<Request> = {
  baseUrl: 'https://example.com/api',
  requiredScopes: ['notes:read'],
  dynamicRegistration: true,
  store: memoryStore(),
  signIn: () => ({ subject: 'alice' }),
}

/** Stands for the application's database. */
export const database: Store = memoryStore()

/** Stands for the application's log. */
export const logger: EventLogger = { error() {}, warn() {}, info() {}, debug() {} }

/** Stands for a limit that several processes share. */
export const limiter: { take(key: string): Promise<number> } = { take: async () => 0 }

/** Stands for secrets in environment variables. */
export const secrets = {
  desk: 'wJ0c5TdLk3mWq8ZrVx2sYp7NfHb6GaUe',
  billing: 'Xb4Rn9Qt1KzLs8VwPm3HcJd6FyGa0EuT',
  registration: 'Mk2Yt7Hs5BqWc9ZxLv4RnJd8PfGa1EuK',
}
