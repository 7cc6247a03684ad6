import { dispatch, memoryRateLimit, memoryStore, OAuthProvider, type Store } from '@tollgate/auth-core'
import { issuer, resource } from '../../issuer.js'
import { codeChallenge, codeForm, redirectUri, scope, subject } from './client.js'

/** An authorization server with the defaults, and the steps by which clients get codes. */
export async function tollgateProvider(store: Store) {
  const provider = new OAuthProvider({
    baseUrl: issuer,
    resourceBaseUrl: new URL(resource).origin,
    requiredScopes: [scope],
    dynamicRegistration: true,
    store,
    // Codes wait for their turn.
    lifetimes: { authorizationCode: 600 },
    signIn: () => ({ subject, consentGiven: true }),
    // One user signs in for all codes of a run.
    rateLimit: memoryRateLimit({ authorizationsPerUser: false }),
  })
  const routes = provider.getRoutes('/mcp')

  async function request(path: string, init?: RequestInit): Promise<Response> {
    const answer = await dispatch(routes, new Request(`${issuer}${path}`, init))
    if (answer === undefined) throw new Error(`No route serves ${path}`)
    return answer
  }

  const registration = await request('/register', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'none',
    }),
  })
  const client = ((await registration.json()) as { client_id: string }).client_id
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client,
    redirect_uri: redirectUri,
    code_challenge: codeChallenge,
    code_challenge_method: 'S256',
    scope,
    resource,
  })

  async function authorize(): Promise<string> {
    const answer = await request(`/authorize?${query}`)
    return new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
  }

  async function prepare(count: number): Promise<readonly string[]> {
    const forms: string[] = []
    while (forms.length < count) forms.push(codeForm(await authorize(), client))
    return forms
  }
  return { provider, prepare }
}

/** As many codes and registrations as a busy server has. Their content does not matter to the store. */
export async function fullStore(entries = 100_000): Promise<Store> {
  const store = memoryStore()
  for (const kind of ['code', 'client']) {
    for (let i = 0; i < entries; i += 1) {
      const value = JSON.stringify({ value: { clientId: crypto.randomUUID(), scopes: [scope], redirectUri } })
      await store.set(`${kind}:${crypto.randomUUID()}`, value, 3600)
    }
  }
  return store
}
