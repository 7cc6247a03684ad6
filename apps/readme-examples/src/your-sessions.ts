export interface User {
  readonly id: string
  readonly email: string
  readonly tenant: string
  readonly isGuest: boolean
}

/** Stands for the application's own sessions. */
export async function userOfSession(cookies: string | null): Promise<User | undefined> {
  const id = /(?:^|; )user=(\w+)/.exec(cookies ?? '')?.[1]
  if (id === undefined) return undefined
  return { id, email: `${id}@example.com`, tenant: 'acme', isGuest: id === 'guest' }
}
