import { getAuth } from '@tollgate/auth-core/context'

export function nameOfCaller(): string {
  const token = getAuth()
  return `${token?.subject} with ${token?.clientId}`
}
