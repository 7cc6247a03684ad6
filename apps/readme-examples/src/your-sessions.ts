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

/** Stands for the session of a signed-in user, with the answers that they gave on the application's own page. */
export async function sessionOf(cookies: string | null) {
  const user = (await userOfSession(cookies))?.id
  if (user === undefined) throw new Error('No user is signed in')
  return {
    user,
    takeAnswer(request: string): 'allow' | 'deny' | undefined {
      const answer = answers.get(`${user} ${request}`)
      answers.delete(`${user} ${request}`)
      return answer
    },
  }
}

/** The answers of users, by their names and the requests. */
export const answers = new Map<string, 'allow' | 'deny'>()
