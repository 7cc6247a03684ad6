import { generateKeyPairSync } from 'node:crypto'
import { exportJWK } from 'jose'
import { type AdapterFactory, type AdapterPayload, Provider } from 'oidc-provider'
import type { Contender } from '../../contender.js'
import { issuer, resource } from '../../issuer.js'
import {
  accessTokenLifetime,
  clientId,
  codeChallenge,
  codeForm,
  redirectUri,
  scope,
  subject,
} from './client.js'

/** With JWT access tokens, for a public client with PKCE. */
export async function oidcProvider(): Promise<Contender> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const provider = new Provider(issuer, {
    adapter: mapAdapter(),
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig' }] },
    clients: [
      {
        client_id: clientId,
        redirect_uris: [redirectUri],
        application_type: 'native',
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
        id_token_signed_response_alg: 'ES256',
      },
    ],
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    issueRefreshToken: () => true,
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope,
          accessTokenFormat: 'jwt',
          accessTokenTTL: accessTokenLifetime,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    ttl: {
      AuthorizationCode: 600,
      AccessToken: accessTokenLifetime,
      RefreshToken: 30 * 24 * 3600,
      Grant: 30 * 24 * 3600,
    },
  })

  async function authorize(): Promise<string> {
    const grant = new provider.Grant({ accountId: subject, clientId })
    grant.addResourceScope(resource, scope)
    const client = await provider.Client.find(clientId)
    if (client === undefined) throw new Error('The client is missing')
    const code = new provider.AuthorizationCode({
      accountId: subject,
      client,
      gty: 'authorization_code',
      grantId: await grant.save(),
      redirectUri,
      scope,
      resource,
      codeChallenge,
      codeChallengeMethod: 'S256',
    })
    return code.save()
  }

  async function prepare(count: number): Promise<readonly string[]> {
    const forms: string[] = []
    while (forms.length < count) forms.push(codeForm(await authorize()))
    return forms
  }
  return { listener: provider.callback(), prepare }
}

/** Its own memory holds a thousand entries and would drop unused codes. This is a Map. */
function mapAdapter(): AdapterFactory {
  const entries = new Map<string, AdapterPayload>()
  return (model) => ({
    upsert: async (id, payload) => void entries.set(`${model} ${id}`, payload),
    find: async (id) => entries.get(`${model} ${id}`),
    async consume(id) {
      const entry = entries.get(`${model} ${id}`)
      if (entry !== undefined) entry.consumed = Math.floor(Date.now() / 1000)
    },
    destroy: async (id) => void entries.delete(`${model} ${id}`),
    // Not used here.
    findByUserCode: async () => undefined,
    findByUid: async () => undefined,
    revokeByGrantId: async () => undefined,
  })
}
