import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { type TestClock, testClock } from './test-clock.js'

/** What a minted token says. What is left out is what a good token says. */
export interface MintOptions {
  /** `aud`. Required by every verifier that checks it: the URL of the MCP endpoint. */
  readonly audience?: string | readonly string[] | undefined
  readonly subject?: string | undefined
  readonly clientId?: string | undefined
  readonly scopes?: readonly string[] | undefined
  /** Seconds from now to `exp`; negative for a token that has expired. Default: 3600. */
  readonly expiresIn?: number | undefined
  /** Further claims, and others in place of those above. `undefined` leaves a claim out. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  /** Other members of the header, for example another `typ` or `kid`. */
  readonly header?: Readonly<Record<string, unknown>> | undefined
  /** Signs with a key that the issuer does not publish. */
  readonly withForeignKey?: boolean | undefined
}

/** How the issuer's documents are broken: gone, answered with an error, not JSON, or not answered at all. */
export type Breakage = 'down' | 'error' | 'garbage' | 'silent'

export interface TestIssuer {
  /** The exact string in `iss`. */
  readonly issuer: string
  readonly jwksUri: string
  readonly now: TestClock
  /** How often the JWKS document was asked for. */
  readonly jwksRequests: number
  /** The public keys that the issuer publishes. */
  jwks(): { keys: JWK[] }
  /** Answers the issuer's documents. Give it to a verifier as `fetch`: then nothing goes over the network. */
  fetch(url: string, init?: RequestInit): Promise<Response>
  /** Signs a token. Any token: it is for testing what refuses them, too. */
  mint(options?: MintOptions): Promise<string>
  /** Signs with a new key from now on. The old one stays published, or is withdrawn. */
  rotateKeys(options?: { readonly withdrawOld?: boolean }): Promise<void>
  /** Breaks the issuer's documents until `repair` is called. Tokens can still be minted. */
  break(how: Breakage): void
  repair(): void
}

export interface TestIssuerOptions {
  /** Default: `https://issuer.test`. */
  readonly issuer?: string | undefined
  /** Default: `ES256`. */
  readonly algorithm?: string | undefined
  readonly now?: TestClock | undefined
}

interface SigningKey {
  readonly privateKey: CryptoKey
  readonly publicJwk: JWK
}

/**
 * Makes an issuer in the test's own process, with discovery (RFC 8414) and a JWKS document.
 *
 * For tests only: its keys are made anew each time, and it signs whatever it is told to.
 */
export async function createTestIssuer(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  const { issuer = 'https://issuer.test', algorithm = 'ES256', now = testClock() } = options
  const jwksUri = `${issuer.replace(/\/$/, '')}/jwks`
  let current = await newKey(algorithm)
  let published = [current.publicJwk]
  let broken: Breakage | undefined
  let jwksRequests = 0

  function documentAt(url: string): object | undefined {
    if (url === jwksUri) {
      jwksRequests += 1
      return { keys: published }
    }
    const { origin, pathname } = new URL(issuer)
    const path = pathname === '/' ? '' : pathname.replace(/\/$/, '')
    return url === `${origin}/.well-known/oauth-authorization-server${path}`
      ? { issuer, jwks_uri: jwksUri }
      : undefined
  }

  return {
    issuer,
    jwksUri,
    now,
    get jwksRequests() {
      return jwksRequests
    },
    jwks: () => ({ keys: [...published] }),

    async fetch(url, init) {
      const document = documentAt(url)
      if (broken === 'down') throw new TypeError('fetch failed')
      if (broken === 'silent') return untilAborted(init?.signal)
      if (broken === 'error') return new Response('Internal Server Error', { status: 500 })
      if (broken === 'garbage') return new Response('<!doctype html>')
      return document === undefined ? new Response('Not Found', { status: 404 }) : Response.json(document)
    },

    async mint(token = {}) {
      const key = token.withForeignKey === true ? await newKey(algorithm) : current
      const claims = {
        iss: issuer,
        aud: token.audience,
        sub: token.subject ?? 'test-user',
        client_id: token.clientId ?? 'test-client',
        scope: token.scopes?.join(' '),
        iat: now(),
        exp: now() + (token.expiresIn ?? 3600),
        jti: randomUUID(),
        ...token.claims,
      }
      const present = Object.entries(claims).filter(([, value]) => value !== undefined)
      return new SignJWT(Object.fromEntries(present))
        .setProtectedHeader({
          alg: algorithm,
          typ: 'at+jwt',
          kid: current.publicJwk.kid ?? '',
          ...token.header,
        })
        .sign(key.privateKey)
    },

    async rotateKeys({ withdrawOld = false } = {}) {
      current = await newKey(algorithm)
      published = withdrawOld ? [current.publicJwk] : [current.publicJwk, ...published]
    },

    break(how) {
      broken = how
    },
    repair() {
      broken = undefined
    },
  }
}

export interface ListeningIssuer extends TestIssuer {
  close(): Promise<void>
}

/** The same on a real port of loopback, for what cannot be given a `fetch`. The issuer is its URL. */
export async function listenTestIssuer(
  options: Omit<TestIssuerOptions, 'issuer'> = {},
): Promise<ListeningIssuer> {
  let answer = async (_request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.end()
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer = await createTestIssuer({ ...options, issuer: origin })
  answer = async (request, response) => {
    const aborted = new AbortController()
    response.once('close', () => aborted.abort())
    try {
      const { status, body, headers } = await toPlain(
        await issuer.fetch(origin + (request.url ?? '/'), { signal: aborted.signal }),
      )
      response.writeHead(status, headers).end(body)
    } catch {
      request.socket.destroy()
    }
  }
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return Object.create(issuer, { close: { value: close, enumerable: true } }) as ListeningIssuer
}

async function toPlain(response: Response) {
  return {
    status: response.status,
    body: await response.text(),
    headers: Object.fromEntries(response.headers),
  }
}

function untilAborted(signal: AbortSignal | null | undefined): Promise<never> {
  if (signal?.aborted === true) return Promise.reject(signal.reason)
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason))
  })
}

async function newKey(algorithm: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
  const publicJwk = { ...(await exportJWK(publicKey)), kid: randomUUID(), alg: algorithm, use: 'sig' }
  return { privateKey, publicJwk }
}
