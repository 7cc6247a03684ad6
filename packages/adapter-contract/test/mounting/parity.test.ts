import { testClock } from '@tollgate/auth-testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Host, hosts } from '../harness/hosts.js'
import { notesProvider } from '../harness/notes-app.js'
import { callback, challenge, verifier } from '../harness/oauth-driver.js'
import { type RawAnswer, type RawRequest, sendRaw } from '../harness/raw-http.js'

/** Values that the server generated, by kind. */
type Memory = Record<string, string>

interface Step {
  readonly name: string
  readonly path: string | ((memory: Memory) => string)
  readonly request?: RawRequest | ((memory: Memory) => RawRequest)
  /** What to remember of the response: a name, and where the value is. */
  readonly remember?: Record<string, RegExp>
}

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const json = { 'content-type': 'application/json' }
const alice = { cookie: 'user=alice', accept: 'text/html' }
const get = { method: 'GET' }

const steps: readonly Step[] = [
  ...[
    '/.well-known/oauth-authorization-server',
    '/.well-known/oauth-authorization-server/',
    '/.well-known/oauth-protected-resource',
    '/.well-known/oauth-protected-resource/mcp',
    '/.well-known/oauth-protected-resource/mcp/',
    '/jwks',
  ].flatMap((path) => methodSteps(path, ['GET', 'HEAD', 'OPTIONS', 'PUT'])),
  ...['/token', '/register', '/revoke', '/introspect', '/authorize', '/consent'].flatMap((path) =>
    methodSteps(path, ['GET', 'HEAD', 'OPTIONS', 'DELETE']),
  ),
  ...methodSteps('/mcp', ['GET', 'HEAD', 'OPTIONS', 'POST', 'DELETE']),

  register('a public client', {
    redirect_uris: [callback],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
  }),
  register(
    'a client with a secret',
    {
      redirect_uris: ['https://client.example/cb'],
      client_name: 'K\u{e4}se & "Co"',
      scope: 'notes:read',
      token_endpoint_auth_method: 'client_secret_post',
    },
    'other',
  ),
  register('nothing', undefined),
  register('a bad redirect URI', { redirect_uris: ['javascript:alert(1)'] }),
  register('a list', []),
  { name: 'register: broken JSON', path: '/register', request: { headers: json, body: '{"redirect_uris":' } },
  { name: 'register: no media type', path: '/register', request: { body: '{}' } },
  { name: 'register: an unknown media type', path: '/register', request: typed('text/plain', '{}') },
  { name: 'register: an invalid media type', path: '/register', request: typed('nonsense', '{}') },
  {
    name: 'register: JSON with a charset',
    path: '/register',
    request: typed('application/json; charset=utf-8', '[]'),
  },
  {
    name: 'register: too large',
    path: '/register',
    request: typed('application/json', `"${'x'.repeat(70_000)}"`),
  },
  {
    name: 'register: too deep',
    path: '/register',
    request: typed('application/json', '['.repeat(100) + ']'.repeat(100)),
  },

  authorize('nobody', {}, { accept: 'text/html' }),
  authorize('without client_id', { client_id: undefined }),
  authorize('without client_id, for a program', { client_id: undefined }, { accept: 'application/json' }),
  authorize('an unknown client', { client_id: 'unknown' }),
  authorize('another redirect URI', { redirect_uri: 'https://evil.example/cb' }),
  authorize('without PKCE', { code_challenge: undefined }),
  authorize('plain PKCE', { code_challenge_method: 'plain' }),
  authorize('an implicit grant', { response_type: 'token' }),
  authorize('an unknown scope', { scope: 'notes:delete' }),
  authorize('an unknown resource', { resource: 'https://other.example/mcp' }),
  authorize('a state of all kinds', { state: '\u{fc}/%+ &=', scope: '"' }),
  { name: 'authorize: a broken escape', path: '/authorize?client_id=%zz', request: get },
  {
    name: 'authorize: a form',
    path: '/authorize',
    request: { headers: { ...form, ...alice }, body: 'client_id=x' },
  },
  authorize('for denial'),
  consent('deny'),
  authorize('for consent', { scope: 'notes:read notes:write', resource: 'https://tollgate.test/mcp' }),
  consent('allow', { 'sec-fetch-site': 'cross-site' }),
  consent('maybe'),
  consent('allow'),
  consent('allow'),
  { name: 'consent: nothing', path: '/consent', request: { headers: { ...form, ...alice }, body: '' } },

  token('nothing at all', () => ''),
  token('JSON', () => '{}', json),
  token('no media type', () => 'grant_type=x', {}),
  token('an unknown client', () => 'grant_type=authorization_code&client_id=x&code=y'),
  token('an unknown grant', (m) => `grant_type=password&client_id=${m['client_id']}`),
  token('a repeated parameter', (m) => `${codeForm(m)}&code=${m['code']}`),
  token('a parameter with brackets', (m) => codeForm(m).replace('code=', 'code[]=')),
  token('a broken escape', (m) => `${codeForm(m)}&x=%`),
  token('a wrong verifier', (m) => codeForm(m).replace(verifier, 'x'.repeat(43))),
  token('a valid code', codeForm),
  token('a wrong secret', () => 'grant_type=refresh_token', { ...form, authorization: 'Basic eDp5' }),
  token('no client at all', () => 'grant_type=refresh_token'),
  mcp('a valid token', (m) => `Bearer ${m['access_token']}`),
  mcp('the same token again', (m) => `Bearer ${m['access_token']}`),
  mcp('another scheme', () => 'Basic eDp5'),
  mcp('an empty token', () => 'Bearer'),
  mcp('two tokens', (m) => `Bearer ${m['access_token']}, Bearer ${m['access_token']}`),
  mcp('a bad token', () => 'Bearer x.y.z'),
  token('a refresh', (m) => refreshForm(m)),
  introspect('without a secret', (m) => `token=${m['access_token']}&client_id=${m['client_id']}`),
  introspect(
    'a token of another client',
    (m) => `token=${m['access_token']}&client_id=${m['other_id']}&client_secret=${m['other_secret']}`,
  ),
  { name: 'revoke: nothing', path: '/revoke', request: { headers: form, body: '' } },
  {
    name: 'revoke',
    path: '/revoke',
    request: (m) => ({ headers: form, body: `token=${m['access_token']}&client_id=${m['client_id']}` }),
  },
  mcp('a revoked token', (m) => `Bearer ${m['access_token']}`),
  token('a refresh after revocation', (m) => refreshForm(m)),
]

function methodSteps(path: string, methods: readonly string[]): Step[] {
  return methods.map((method) => ({
    name: `${method} ${path}`,
    path,
    request: { method, headers: { origin: 'https://page.example' } },
    ...(path === '/jwks' && method === 'GET'
      ? { remember: { kid: /"kid":"([^"]+)"/, x: /"x":"([^"]+)"/, y: /"y":"([^"]+)"/ } }
      : {}),
  }))
}

function typed(contentType: string, body: string): RawRequest {
  return { headers: { 'content-type': contentType }, body }
}

function register(what: string, metadata: unknown, prefix = 'client'): Step {
  return {
    name: `register: ${what}`,
    path: '/register',
    request: { headers: json, body: metadata === undefined ? '' : JSON.stringify(metadata) },
    remember: {
      [`${prefix}_id`]: /"client_id":"([^"]+)"/,
      [`${prefix}_secret`]: /"client_secret":"([^"]+)"/,
    },
  }
}

function authorize(
  what: string,
  changes: Record<string, string | undefined> = {},
  headers: Record<string, string> = alice,
): Step {
  return {
    name: `authorize: ${what}`,
    path: (memory) => {
      const parameters = {
        client_id: memory['client_id'],
        redirect_uri: callback,
        response_type: 'code',
        code_challenge: challenge,
        code_challenge_method: 'S256',
        state: 'some state',
        ...changes,
      }
      const given = Object.entries(parameters).filter(
        (pair): pair is [string, string] => pair[1] !== undefined,
      )
      return `/authorize?${new URLSearchParams(given)}`
    },
    request: { method: 'GET', headers },
    remember: { transaction: /name="transaction" value="([^"]+)"/, browser: /tollgate-browser=([^;]+)/ },
  }
}

function consent(
  decision: string,
  headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' },
): Step {
  return {
    name: `consent: ${decision}`,
    path: '/consent',
    request: (memory) => ({
      headers: {
        ...form,
        ...headers,
        accept: 'text/html',
        cookie: `user=alice; __Host-tollgate-browser=${memory['browser']}`,
      },
      body: `transaction=${memory['transaction']}&decision=${decision}`,
    }),
    remember: { code: /[?&]code=([^&]+)/ },
  }
}

function token(what: string, body: (memory: Memory) => string, headers: Record<string, string> = form): Step {
  return {
    name: `token: ${what}`,
    path: '/token',
    request: (memory) => ({ headers, body: body(memory) }),
    remember: { access_token: /"access_token":"([^"]+)"/, refresh_token: /"refresh_token":"([^"]+)"/ },
  }
}

function codeForm(memory: Memory): string {
  return `grant_type=authorization_code&client_id=${memory['client_id']}&code=${memory['code']}&code_verifier=${verifier}`
}

function refreshForm(memory: Memory): string {
  return `grant_type=refresh_token&client_id=${memory['client_id']}&refresh_token=${memory['refresh_token']}`
}

function introspect(what: string, body: (memory: Memory) => string): Step {
  return {
    name: `introspect: ${what}`,
    path: '/introspect',
    request: (memory) => ({ headers: form, body: body(memory) }),
  }
}

function mcp(what: string, authorization: (memory: Memory) => string): Step {
  return {
    name: `mcp: ${what}`,
    path: '/mcp',
    request: (memory) => ({
      headers: { ...json, authorization: authorization(memory) },
      body: '{"method":"ping"}',
    }),
  }
}

/** The headers and framing of the server below the framework. */
const hopByHop = ['date', 'connection', 'keep-alive', 'transfer-encoding']

/** The responses to all steps, by name and number. */
async function transcriptOf({ start }: Host): Promise<Map<string, unknown>> {
  // The same clock for all, because responses contain times.
  const now = testClock(1_800_000_000)
  const host = await start(() => ({
    provider: notesProvider('https://tollgate.test', {
      now,
      serviceDocumentation: 'https://docs.example',
      // Error pages show the ID of their events, which differs each time.
      onEvent: false,
    }),
  }))
  const memory: Memory = {}
  const seen = new Map<string, string>()
  const transcript = new Map<string, unknown>()
  try {
    for (const [number, { name, path, request = {}, remember = {} }] of steps.entries()) {
      const answer = await sendRaw(
        host.origin + (typeof path === 'string' ? path : path(memory)),
        typeof request === 'function' ? request(memory) : request,
      )
      for (const [what, where] of Object.entries({ ...remember, nonce: /style nonce="([^"]+)"/ })) {
        const value = where.exec(
          `${answer.headers['set-cookie']} ${answer.headers['location']} ${answer.body}`,
        )?.[1]
        if (value === undefined) continue
        memory[what] = value
        if (!seen.has(value)) seen.set(value, `<${what} of step ${number}>`)
      }
      transcript.set(labelOf(name, number), comparable(answer, seen))
    }
  } finally {
    await host.close()
  }
  return transcript
}

function labelOf(name: string, number: number): string {
  return `${number} ${name}`
}

function comparable({ status, headers, body }: RawAnswer, seen: ReadonlyMap<string, string>) {
  // The framework decides how the handler behind the gate writes its JSON.
  const own = status === 200 && headers['vary'] === 'Authorization' ? ['content-type', 'etag'] : []
  // Some servers send no body as length 0, others as an empty chunk.
  const framing = body === '' ? [...hopByHop, 'content-length'] : hopByHop
  const kept = Object.entries(headers).filter(([name]) => !framing.includes(name) && !own.includes(name))
  let text = JSON.stringify({ status, headers: Object.fromEntries(kept.sort()), body })
  for (const [value, name] of seen) text = text.replaceAll(value, name)
  return JSON.parse(text) as unknown
}

const reference = hosts.at(-1) as Host
const others = hosts.slice(0, -1)
const labels = steps.map(({ name }, number) => labelOf(name, number))

let expected: Map<string, unknown>
beforeAll(async () => {
  expected = await transcriptOf(reference)
})

describe.each(others)('$name', (host) => {
  let transcript: Map<string, unknown>
  beforeAll(async () => {
    transcript = await transcriptOf(host)
  })

  test.each(labels)('L-13 the response equals that of bare fetch: %s', (label) => {
    expect(expected.get(label)).toBeDefined()
    expect(transcript.get(label)).toEqual(expected.get(label))
  })
})

describe('the compared requests', () => {
  test.each([
    ['token: a valid code', 200],
    ['token: a refresh', 200],
    ['mcp: a valid token', 200],
    ['mcp: a revoked token', 401],
    ['consent: deny', 303],
    ['register: too large', 413],
    ['introspect: a token of another client', 200],
  ])('the request %s has the status %d', (name, status) => {
    const label = labels.find((one) => one.endsWith(` ${name}`)) ?? ''
    expect(expected.get(label)).toMatchObject({ status })
  })
})
