import { randomBytes } from 'node:crypto'
import { InvalidGrantError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js'
import { answerWithJose } from './answer-with-jose.js'
import { clientId, codeChallenge, codeForm, redirectUri, scope } from './client.js'

/** What SDK v1 leaves to the application, kept in Maps. The SDK checks the client and PKCE. */
export async function sdkProvider() {
  const answer = await answerWithJose()
  const client = {
    client_id: clientId,
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
  }
  const clients = new Map([[clientId, client]])
  const codes = new Map<string, { clientId: string; codeChallenge: string; redirectUri: string }>()
  const refreshTokens = new Map<string, { clientId: string; scope: string }>()

  function issue() {
    const refreshToken = randomBytes(32).toString('base64url')
    refreshTokens.set(refreshToken, { clientId, scope })
    return answer(refreshToken)
  }

  const provider: OAuthServerProvider = {
    clientsStore: { getClient: (id) => clients.get(id) },
    async challengeForAuthorizationCode(_client, code) {
      const found = codes.get(code)
      if (found === undefined) throw new InvalidGrantError('unknown code')
      return found.codeChallenge
    },
    async exchangeAuthorizationCode(client, code, _verifier, redirectUri) {
      const found = codes.get(code)
      if (found?.clientId !== client.client_id || found.redirectUri !== redirectUri) {
        throw new InvalidGrantError('unknown code')
      }
      codes.delete(code)
      return issue()
    },
    async exchangeRefreshToken(client, refreshToken) {
      if (refreshTokens.get(refreshToken)?.clientId !== client.client_id) {
        throw new InvalidGrantError('unknown refresh token')
      }
      refreshTokens.delete(refreshToken)
      return issue()
    },
    authorize: () => Promise.reject(new Error('nobody signs in here')),
    verifyAccessToken: () => Promise.reject(new Error('nobody brings tokens here')),
  }

  async function prepare(count: number): Promise<readonly string[]> {
    const made = Array.from({ length: count }, () => randomBytes(32).toString('base64url'))
    for (const code of made) codes.set(code, { clientId, codeChallenge, redirectUri })
    return made.map((code) => codeForm(code))
  }
  return { provider, prepare }
}
