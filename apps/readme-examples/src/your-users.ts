/** Stands for the application's own users. */
export const users = {
  all: new Map([['alice', { isDisabled: false, passwordChangedAt: 0 }]]),
  async find(id: string): Promise<{ isDisabled: boolean; passwordChangedAt: number } | undefined> {
    return users.all.get(id)
  },
}
