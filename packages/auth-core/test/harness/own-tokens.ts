import type { OAuthProvider } from '../../src/authorization-server/oauth-provider.js'
import type { TokenFamily } from '../../src/authorization-server/records/stored-records.js'
import { serverOf } from '../../src/authorization-server/server/server-handle.js'
import { issueAccessToken } from '../../src/authorization-server/tokens/issue-access-token.js'
import { randomToken } from '../../src/runtime/crypto.js'

/** An access token of the provider for its default resource, as after a sign-in of alice. */
export async function mintOwnToken(provider: OAuthProvider): Promise<string> {
  const server = serverOf(provider)
  const resource = provider.resourceUrl as string
  const familyId = randomToken()
  const family: TokenFamily = {
    clientId: 'client-1',
    subject: 'alice',
    scopes: ['notes:read'],
    resources: [resource],
    claims: {},
    authorizedAt: server.now(),
    marks: ['', '', ''],
    expiresAt: server.now() + 30 * 24 * 3600,
  }
  const { token } = await issueAccessToken(server, familyId, family, { scopes: family.scopes, resource })
  await server.records.families.save(familyId, family, family.expiresAt)
  return token
}
