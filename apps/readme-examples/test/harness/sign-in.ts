import { createHash } from 'node:crypto'
import { dispatch, type OAuthProvider } from '@tollgate/auth-core'

export const redirectUri = 'https://client.example/cb'

/** Sends a request to a provider in this process, without a server. */
export async function send(
  provider: OAuthProvider<never>,
  path: string,
  init: RequestInit = {},
  mcpPath: string | undefined = '/mcp',
): Promise<Response> {
  const response = await dispatch(
    provider.getRoutes(mcpPath),
    new Request(`${provider.baseUrl}${path}`, init),
  )
  if (response === undefined) throw new Error(`Nothing is served at ${path}`)
  return response
}

const post = (form: Record<string, string>) => ({ method: 'POST', body: new URLSearchParams(form) })

/** Registers a client, and returns its ID; the empty text if it was refused. */
export async function register(provider: OAuthProvider<never>, metadata: object = {}): Promise<string> {
  const response = await send(provider, '/register', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [redirectUri], client_name: 'Notizbuch <3', ...metadata }),
  })
  const { client_id } = (await response.json()) as { client_id?: string }
  return client_id ?? ''
}

/** The URL of a valid authorization request. */
export function authorizationUrl(
  provider: OAuthProvider<never>,
  client_id: string,
  changes: Record<string, string> = {},
): string {
  const query = new URLSearchParams({
    client_id,
    redirect_uri: redirectUri,
    response_type: 'code',
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
    ...changes,
  })
  return `${provider.baseUrl}/authorize?${query}`
}

/** Opens a URL in the browser of a user who is signed in. */
export async function open(
  provider: OAuthProvider<never>,
  url: string,
  cookie = 'user=alice',
): Promise<Response | undefined> {
  return dispatch(provider.getRoutes('/mcp'), new Request(url, { headers: { cookie } }))
}

/** Opens the authorization request of a client that has just registered. */
export async function authorize(provider: OAuthProvider<never>, changes?: Record<string, string>) {
  return open(provider, authorizationUrl(provider, await register(provider), changes))
}

interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
}

/** What a client and a user do until there are tokens. `resource` is an MCP endpoint on another server. */
export async function signInTo(provider: OAuthProvider<never>, resource?: string) {
  const mcpPath = resource === undefined ? '/mcp' : undefined
  const headers = { cookie: 'user=alice' }
  const client_id = await register(provider, {
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
  })
  const verifier = 'v'.repeat(43)
  const query = new URLSearchParams({
    client_id,
    redirect_uri: redirectUri,
    response_type: 'code',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...(resource === undefined ? {} : { resource }),
  })
  const shown = await send(provider, `/authorize?${query}`, { headers }, mcpPath)
  const transaction = /name="transaction" value="([^"]+)"/.exec(await shown.text())?.[1] ?? ''
  const cookie = `${headers.cookie}; ${shown.headers.get('set-cookie')?.split(';')[0]}`
  const answer = { ...post({ transaction, decision: 'allow' }), headers: { cookie } }
  const allowed = await send(provider, '/consent', answer, mcpPath)
  const code = new URL(allowed.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const redemption = post({ grant_type: 'authorization_code', code, code_verifier: verifier, client_id })
  const response = await send(provider, '/token', redemption, mcpPath)
  const tokens = (await response.json()) as Tokens
  return {
    status: response.status,
    clientId: client_id,
    token: tokens.access_token,
    refreshToken: tokens.refresh_token,
    async refresh(refresh_token: string): Promise<Tokens> {
      const form = post({ grant_type: 'refresh_token', refresh_token, client_id })
      return (await (await send(provider, '/token', form, mcpPath)).json()) as Tokens
    },
  }
}
