import type { AuthorizationServer } from '../authorization-server.js'

/** Lets the registration of a client that gets tokens live on. Written once in half its lifetime, not each time. */
export async function keepRegistration(server: AuthorizationServer, clientId: string): Promise<void> {
  const found = await server.records.clients.find(clientId)
  const { registration } = server.lifetimes
  if (found === undefined || found.expiresAt > server.now() + registration / 2) return
  await server.records.clients.replace(clientId, found, found.value, server.now() + registration)
}
