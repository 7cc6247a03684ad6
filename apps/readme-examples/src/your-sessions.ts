/** Stands for the application's own sessions. */
export async function userOfSession(cookies: string | null): Promise<{ id: string } | undefined> {
  const id = /(?:^|; )user=(\w+)/.exec(cookies ?? '')?.[1]
  return id === undefined ? undefined : { id }
}
