import { expect, test } from 'vitest'
import { checkCredentials } from '../../../src/authorization-server/client-authentication/methods.js'
import type { ClientSecret } from '../../../src/authorization-server/clients/client.js'
import type { AuthorizationServer } from '../../../src/authorization-server/server/authorization-server.js'
import { sha256 } from '../../../src/runtime/crypto.js'

test('E-10 E-13 every stored secret is compared, whichever matches', async () => {
  const read: string[] = []
  const secretOf = async (secret: string): Promise<ClientSecret> => {
    const digest = await sha256(secret)
    return {
      get digest() {
        read.push(secret)
        return digest
      },
    }
  }
  const client = {
    client_id: 'client',
    redirect_uris: [],
    grant_types: [],
    response_types: [],
    token_endpoint_auth_method: 'client_secret_post',
  }
  const record = {
    client,
    origin: 'configuration',
    secrets: [await secretOf('first'), await secretOf('second')],
  } as const
  const server = { now: () => 0 } as unknown as AuthorizationServer
  for (const secret of ['first', 'second', 'third']) {
    read.length = 0
    const credentials = { method: 'client_secret_post', clientId: 'client', secrets: [secret] } as const
    const proof = await checkCredentials(server, credentials, record, false)
    expect(proof.rejected).toBe(secret === 'third' ? 'client_secret' : undefined)
    expect(read).toEqual(['first', 'second'])
  }
})
