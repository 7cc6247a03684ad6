import type { Clock, StaticClient } from '@tollgate/auth-core'
import { decodeJwt } from 'jose'
import { Asserter, type ClientKey } from './assertions.js'
import { basic } from './credentials.js'
import type { NotesAppOptions } from './notes-app.js'
import { callback, challenge, transactionOf, verifier } from './oauth-driver.js'
import { sendRaw } from './raw-http.js'
import { digest, secret } from './static-clients.js'
import { bytesOf, urlOf, type WireRequest, wireForm, wireGet, wireJson } from './wire-request.js'

/** A server and how to send it a request: in the process or over a socket. */
export interface Target {
  readonly origin: string
  readonly send: (wire: WireRequest) => Promise<Response>
  /** The key of the client `with-jwt`. */
  readonly key: ClientKey
  readonly now: Clock
}

/** A server behind a socket. */
export function overSocket(origin: string, key: ClientKey): Target {
  return {
    origin,
    key,
    now: () => Math.floor(Date.now() / 1000),
    async send(wire) {
      const body = bytesOf(wire)
      const { method, headers } = wire
      const answer = await sendRaw(urlOf(origin, wire), {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
      })
      const text = [204, 304].includes(answer.status) ? null : answer.body
      return new Response(text, { status: answer.status, headers: answer.headers })
    },
  }
}

/** The reader of the response: a client, a person, or a client of the resource. */
export type Audience = 'client' | 'person' | 'gate'

export interface ValidRequest {
  readonly name: string
  readonly audience: Audience
  /** Creates a request that succeeds once. */
  readonly prepare: (target: Target) => Promise<WireRequest>
  readonly isSuccess: (response: Response) => Promise<boolean>
  /** Whether it is refused when repeated after it succeeded. For a refresh, only with `noRefreshGrace`. */
  readonly worksOnce?: boolean
  /** Whether several parallel ones may succeed because all but one do nothing. */
  readonly mayOverlap?: boolean
  /** A response that is not a success and still consumes the proof of the client. */
  readonly isOtherSuccess?: (response: Response) => Promise<boolean>
}

/** Clients with metadata documents: a public one, and one with keys at another URL. */
export const published = 'https://client.example/client.json'
export const publishedWithKeys = 'https://client.example/with-keys.json'
const publishedKeys = 'https://client.example/jwks.json'

const privateUse = 'com.example.app:/callback'
const withQuery = 'https://client.example/callback?from=tollgate'

/** The redirect URIs of the clients here, where a browser may be sent. */
export const registeredUris: readonly string[] = [callback, withQuery, privateUse]

/**
 * The website of an unapproved client. No browser may be sent there without the user's consent, and here no user is
 * asked.
 */
export const unapprovedUri = 'https://unapproved.example/callback'

/** One client for each authentication method. */
const clientIds: readonly string[] = ['without', 'with-basic', 'with-post', 'with-jwt']

/** These with every grant they can have, and the clients with documents. */
export function clientsOf(key: ClientKey): NotesAppOptions {
  const common = { redirect_uris: registeredUris.slice(), scope: 'notes:read notes:write' }
  const grant_types = ['authorization_code', 'refresh_token', 'client_credentials']
  const withSecret = { ...common, grant_types, secrets: [{ digest }] }
  const clients: StaticClient[] = [
    {
      ...common,
      client_id: 'without',
      grant_types: grant_types.slice(0, 2),
      token_endpoint_auth_method: 'none',
    },
    { ...withSecret, client_id: 'with-basic', token_endpoint_auth_method: 'client_secret_basic' },
    { ...withSecret, client_id: 'with-post', token_endpoint_auth_method: 'client_secret_post' },
    {
      ...common,
      client_id: 'with-jwt',
      grant_types,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.jwk] },
    },
  ]
  const document = {
    client_name: 'Published',
    redirect_uris: [...registeredUris, unapprovedUri],
    grant_types: ['authorization_code', 'refresh_token'],
  }
  const website: Readonly<Record<string, object>> = {
    [published]: { ...document, client_id: published, token_endpoint_auth_method: 'none' },
    [publishedWithKeys]: {
      ...document,
      client_id: publishedWithKeys,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: publishedKeys,
    },
    [publishedKeys]: { keys: [key.jwk] },
  }
  const ssrfSafeFetch = async (url: string) => Response.json(website[url])
  return { clients, allowedRedirectUris: [privateUse], rateLimit: false, ssrfSafeFetch }
}

/** Options without refresh grace, so that `worksOnce` holds for all requests. */
export const noRefreshGrace: NotesAppOptions = { refreshGrace: 0 }

/** The clients with assertions, which work once. */
const withAssertions: readonly string[] = ['with-jwt', publishedWithKeys]

/** A form to an endpoint for clients, with the proof of the client. */
export async function fromClient(
  { origin, key, now }: Target,
  path: string,
  clientId: string,
  form: Record<string, string>,
): Promise<WireRequest> {
  if (clientId === 'with-basic') return wireForm(path, form, basic(clientId, secret))
  if (withAssertions.includes(clientId)) {
    return wireForm(path, { ...form, ...(await new Asserter(key, clientId, origin, now).form()) })
  }
  const proof = clientId === 'with-post' ? { client_secret: secret } : {}
  return wireForm(path, { ...form, client_id: clientId, ...proof })
}

/** The same request as a client repeats it: with a new assertion, because each works once. */
export async function sentAgain({ origin, key, now }: Target, wire: WireRequest): Promise<WireRequest> {
  const { body } = wire
  const pairs = body.kind === 'form' ? body.pairs : []
  const before = pairs.find(([name]) => name === 'client_assertion')?.[1]
  if (before === undefined) return wire
  const assertion = await new Asserter(key, String(decodeJwt(before).sub), origin, now).sign()
  const renewed = pairs.map(
    ([name, value]) => [name, name === 'client_assertion' ? assertion : value] as const,
  )
  return { ...wire, body: { kind: 'form', pairs: renewed } }
}

const browser = { cookie: 'user=alice', accept: 'text/html' }

function authorization(clientId: string): Record<string, string> {
  return {
    client_id: clientId,
    redirect_uri: callback,
    response_type: 'code',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 'st@te+ /%',
    scope: 'notes:read notes:write',
  }
}

/** The authorization request of a signed-in user. */
export function authorizationRequest(clientId: string, changes: Record<string, string> = {}): WireRequest {
  const wire = wireGet('/authorize', { ...authorization(clientId), ...changes })
  return { ...wire, headers: browser }
}

/** The answer to a new consent page. */
export async function consentRequest(
  target: Target,
  clientId: string,
  decision: string,
  changes: Record<string, string> = {},
): Promise<WireRequest> {
  const shown = await target.send(authorizationRequest(clientId, changes))
  const [cookie = ''] = shown.headers.getSetCookie().map((one) => one.split(';', 1)[0])
  const form = { transaction: transactionOf(await shown.text()), decision }
  const headers = { ...browser, cookie: `${browser.cookie}; ${cookie}`, 'sec-fetch-site': 'same-origin' }
  return wireForm('/consent', form, headers)
}

/** A newly registered client. */
async function registeredClient(target: Target): Promise<string> {
  const metadata = { redirect_uris: registeredUris, token_endpoint_auth_method: 'none' }
  const answer = await target.send(wireJson('/register', metadata))
  return ((await answer.json()) as { readonly client_id: string }).client_id
}

export async function codeRequest(target: Target, clientId: string): Promise<WireRequest> {
  const answer = await target.send(await consentRequest(target, clientId, 'allow'))
  const code = codeOf(answer)
  if (code === null) throw new Error(`The response has no code: ${answer.status} ${await answer.text()}`)
  const form = { grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: verifier }
  return fromClient(target, '/token', clientId, form)
}

function codeOf(answer: Response): string | null {
  return new URL(answer.headers.get('location') ?? 'x:').searchParams.get('code')
}

async function newTokens(target: Target, clientId: string) {
  const answer = await target.send(await codeRequest(target, clientId))
  return (await answer.json()) as { readonly access_token: string; readonly refresh_token: string }
}

export async function refreshRequest(target: Target, clientId: string): Promise<WireRequest> {
  const { refresh_token } = await newTokens(target, clientId)
  return fromClient(target, '/token', clientId, { grant_type: 'refresh_token', refresh_token })
}

async function tokenRequest(target: Target, path: string, clientId: string): Promise<WireRequest> {
  const { access_token } = await newTokens(target, clientId)
  return fromClient(target, path, clientId, { token: access_token, token_type_hint: 'access_token' })
}

const hasStatus =
  (status: number) =>
  async (response: Response): Promise<boolean> =>
    response.status === status

const hasToken = async (response: Response): Promise<boolean> =>
  response.status === 200 && (await response.clone().text()).includes('"access_token"')

const isActive = async (response: Response): Promise<boolean> =>
  response.status === 200 && (await response.clone().text()).includes('"active":true')

const isConsentPage = async (response: Response): Promise<boolean> =>
  response.status === 200 && transactionOf(await response.clone().text()) !== ''

const isDenial = async (response: Response): Promise<boolean> =>
  new URL(response.headers.get('location') ?? 'x:').searchParams.get('error') === 'access_denied'

/** Requests to every endpoint, in every way in which each can be made. */
export const validRequests: readonly ValidRequest[] = [
  {
    name: 'an authorization request',
    audience: 'person',
    prepare: async () => authorizationRequest('without'),
    isSuccess: isConsentPage,
  },
  {
    name: 'an authorization request as a form',
    audience: 'person',
    prepare: async () => wireForm('/authorize', authorization('with-basic'), browser),
    isSuccess: isConsentPage,
  },
  {
    name: 'an authorization request of a unapprovedUri website',
    audience: 'person',
    prepare: async () => authorizationRequest(published, { redirect_uri: unapprovedUri }),
    isSuccess: isConsentPage,
  },
  ...['without', published].map(
    (clientId): ValidRequest => ({
      name: `allowing the client ${clientId}`,
      audience: 'person',
      prepare: (target) => consentRequest(target, clientId, 'allow'),
      isSuccess: async (response) => codeOf(response) !== null,
      worksOnce: true,
    }),
  ),
  {
    name: 'denying',
    audience: 'person',
    prepare: (target) => consentRequest(target, 'without', 'deny'),
    isSuccess: isDenial,
    worksOnce: true,
  },
  ...[...clientIds, published, publishedWithKeys].map(
    (clientId): ValidRequest => ({
      name: `a code of the client ${clientId}`,
      audience: 'client',
      prepare: (target) => codeRequest(target, clientId),
      isSuccess: hasToken,
      worksOnce: true,
    }),
  ),
  {
    name: 'a code of a client that has registered itself',
    audience: 'client',
    prepare: async (target) => codeRequest(target, await registeredClient(target)),
    isSuccess: hasToken,
    worksOnce: true,
  },
  ...[...clientIds, published, publishedWithKeys].map(
    (clientId): ValidRequest => ({
      name: `a refresh token of the client ${clientId}`,
      audience: 'client',
      prepare: (target) => refreshRequest(target, clientId),
      isSuccess: hasToken,
      worksOnce: true,
    }),
  ),
  ...clientIds.map(
    (clientId): ValidRequest => ({
      name: `a revocation by the client ${clientId}`,
      audience: 'client',
      prepare: (target) => tokenRequest(target, '/revoke', clientId),
      isSuccess: hasStatus(200),
      worksOnce: withAssertions.includes(clientId),
      mayOverlap: true,
    }),
  ),
  ...clientIds
    .filter((clientId) => clientId !== 'without')
    .flatMap((clientId): ValidRequest[] => [
      {
        name: `client credentials of the client ${clientId}`,
        audience: 'client',
        prepare: (target) => fromClient(target, '/token', clientId, { grant_type: 'client_credentials' }),
        isSuccess: hasToken,
        worksOnce: withAssertions.includes(clientId),
      },
      {
        name: `an introspection by the client ${clientId}`,
        audience: 'client',
        prepare: (target) => tokenRequest(target, '/introspect', clientId),
        isSuccess: isActive,
        isOtherSuccess: hasStatus(200),
        worksOnce: withAssertions.includes(clientId),
      },
    ]),
  {
    name: 'a registration',
    audience: 'client',
    prepare: async () =>
      wireJson('/register', {
        client_name: 'A client',
        redirect_uris: registeredUris,
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
        scope: 'notes:read',
        contacts: ['a@client.example'],
        logo_uri: 'https://client.example/logo.png',
        software_id: 'x',
      }),
    isSuccess: hasStatus(201),
  },
  ...[
    '/jwks',
    '/.well-known/oauth-authorization-server',
    '/.well-known/oauth-authorization-server/',
    '/.well-known/openid-configuration',
    '/.well-known/openid-configuration/',
    '/.well-known/oauth-protected-resource',
    '/.well-known/oauth-protected-resource/',
    '/.well-known/oauth-protected-resource/mcp',
    '/.well-known/oauth-protected-resource/mcp/',
  ].map(
    (path): ValidRequest => ({
      name: `a look at ${path}`,
      audience: 'client',
      prepare: async () => wireGet(path),
      isSuccess: hasStatus(200),
    }),
  ),
  {
    name: 'a call of the resource',
    audience: 'gate',
    async prepare(target) {
      const { access_token } = await newTokens(target, 'without')
      const call = wireJson('/mcp', { jsonrpc: '2.0', id: 1, method: 'ping' })
      return { ...call, headers: { ...call.headers, authorization: `Bearer ${access_token}` } }
    },
    isSuccess: hasStatus(200),
  },
]

/** Requests of which one succeeds, however many are sent in parallel, on a server with {@link noRefreshGrace}. */
export const oneTimeRequests: readonly ValidRequest[] = validRequests.filter(
  ({ worksOnce, mayOverlap }) => worksOnce === true && mayOverlap !== true,
)
