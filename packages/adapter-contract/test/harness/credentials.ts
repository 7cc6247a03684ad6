import type { RegisteredClient } from './oauth-driver.js'

/** The header of `client_secret_basic`, with both parts unencoded. */
export function basic(id: string, secret: string): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` }
}

export function basicOf(client: RegisteredClient): { authorization: string } {
  return basic(client.client_id, secretOf(client))
}

export function secretOf(client: RegisteredClient): string {
  if (client.client_secret === undefined) throw new Error('The client has no secret')
  return client.client_secret
}

/** A form with the secret of `client_secret_post`. */
export function withSecret(client: RegisteredClient, form: Record<string, string>): Record<string, string> {
  return { ...form, client_id: client.client_id, client_secret: secretOf(client) }
}
