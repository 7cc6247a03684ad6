import { type OptionNames, refuseUnknownOptions } from '@tollgate/auth-core/adapter'
import type { JWK } from 'jose'
import { type Answer, answerBroken, type Breakage, type Document } from './breakage.js'
import { type MintOptions, mintToken } from './mint.js'
import { newSigningKey } from './signing-key.js'
import { type TestClock, testClock } from './test-clock.js'

export interface TestIssuer {
  /** The exact string in `iss`. */
  readonly issuer: string
  readonly jwksUri: string
  readonly now: TestClock
  /** The fetched URLs, in order. */
  readonly requests: readonly string[]
  /** How often the JWKS document was fetched. */
  readonly jwksRequests: number
  /** The public keys of the issuer as published when nothing is broken, newest first. */
  jwks(): { keys: JWK[] }
  /** Returns the issuer's documents. Pass it to a verifier as `fetch`, so that nothing uses the network. */
  fetch(url: string, init?: RequestInit): Promise<Response>
  /** Signs any token, including invalid ones. */
  mint(options?: MintOptions): Promise<string>
  /**
   * Publishes a new key and signs with the current one until `rotateKeys` is called, so that verifiers know the key
   * before its first use.
   */
  announceKey(options?: KeyOptions): Promise<void>
  /**
   * Signs with a new key from now on: the announced one, or an unpublished one. The old key stays published unless
   * `withdrawOld` is set.
   */
  rotateKeys(options?: KeyOptions & { readonly withdrawOld?: boolean | undefined }): Promise<void>
  /**
   * Publishes exactly this list until `repair` is called, for example malformed keys, repeated key IDs, secrets or
   * encryption keys.
   */
  publishKeys(keys: readonly unknown[]): void
  /** Breaks the issuer's documents, or one of them, until `repair` is called. Tokens can still be minted. */
  break(how: Breakage, document?: 'metadata' | 'jwks'): void
  repair(): void
}

export interface TestIssuerOptions {
  /** Default: `https://issuer.test`. */
  readonly issuer?: string | undefined
  /** The signing algorithm. Default: `ES256`. */
  readonly algorithm?: string | undefined
  /** Default: a clock that stands still at the present. */
  readonly now?: TestClock | undefined
}

/** Options of a new key. */
export interface KeyOptions {
  /** Default: that of the previous key. */
  readonly algorithm?: string | undefined
  /** Default: a random one. */
  readonly kid?: string | undefined
}

const issuerOptionNames = {
  issuer: true,
  algorithm: true,
  now: true,
} as const satisfies OptionNames<TestIssuerOptions>

const keyOptionNames = { algorithm: true, kid: true } as const satisfies OptionNames<KeyOptions>

/**
 * Creates an issuer in the test's process, with discovery (RFC 8414) and a JWKS document. For tests only: it generates
 * its keys and signs any token.
 */
export async function createTestIssuer(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  refuseUnknownOptions('createTestIssuer', options, issuerOptionNames)
  return (await createAnsweringIssuer(options)).issuer
}

/** An issuer and its responses before decoding. */
export interface AnsweringIssuer {
  readonly issuer: TestIssuer
  answer(url: string, signal: AbortSignal | undefined): Promise<Answer>
}

export async function createAnsweringIssuer(options: TestIssuerOptions): Promise<AnsweringIssuer> {
  const { issuer = 'https://issuer.test', algorithm = 'ES256', now = testClock() } = options
  const jwksUri = `${issuer.replace(/\/$/, '')}/jwks`
  const metadataUrl = wellKnownUrl(issuer)
  let current = await newSigningKey(algorithm, crypto.randomUUID())
  let announced: typeof current | undefined
  let own = [current.publicJwk]
  let published: readonly unknown[] | undefined
  const broken = new Map<string, Breakage>()
  const requests: string[] = []

  function documentAt(url: string): Document | undefined {
    const place = url.replace(elsewhere, '')
    const content = { [jwksUri]: { keys: published ?? own }, [metadataUrl]: { issuer, jwks_uri: jwksUri } }[
      place
    ]
    const empty = place === jwksUri ? { keys: [] } : {}
    return content === undefined ? undefined : { url, content, empty, elsewhere: place + elsewhere }
  }

  async function answer(url: string, signal: AbortSignal | undefined): Promise<Answer> {
    requests.push(url)
    const document = documentAt(url)
    if (document === undefined) return { response: new Response('Not Found', { status: 404 }) }
    const how = broken.get(url)
    if (how !== undefined) return answerBroken(how, document, signal)
    return { response: Response.json(document.content) }
  }

  async function newKey({ algorithm = current.algorithm, kid = crypto.randomUUID() }: KeyOptions) {
    const key = await newSigningKey(algorithm, kid)
    own = [key.publicJwk, ...own]
    return key
  }

  const testIssuer: TestIssuer = {
    issuer,
    jwksUri,
    now,
    requests,
    get jwksRequests() {
      return requests.filter((url) => url === jwksUri).length
    },
    jwks: () => ({ keys: [...own] }),

    async fetch(url, init = {}) {
      init.signal?.throwIfAborted()
      const { response } = await answer(url, init.signal ?? undefined)
      const location = response.headers.get('location')
      if (location === null || init.redirect === 'manual') return response
      if (init.redirect === 'error') throw new TypeError('fetch failed')
      return testIssuer.fetch(location, init)
    },

    mint: (token = {}) => mintToken(issuer, now(), current, token),

    async announceKey(key = {}) {
      refuseUnknownOptions('announceKey', key, keyOptionNames)
      announced = await newKey(key)
    },
    async rotateKeys(options = {}) {
      refuseUnknownOptions('rotateKeys', options, { ...keyOptionNames, withdrawOld: true })
      const { withdrawOld = false, ...key } = options
      current = announced ?? (await newKey(key))
      announced = undefined
      if (withdrawOld) own = [current.publicJwk]
    },
    publishKeys(keys) {
      published = [...keys]
    },

    break(how, document) {
      if (document !== 'metadata') broken.set(jwksUri, how)
      if (document !== 'jwks') broken.set(metadataUrl, how)
    },
    repair() {
      broken.clear()
      published = undefined
    },
  }
  return { issuer: testIssuer, answer }
}

/** The suffix of document URLs that a redirect leads to. */
const elsewhere = '?elsewhere'

/** The metadata URL of an issuer, whose path comes last (RFC 8414 section 3.1). */
function wellKnownUrl(issuer: string): string {
  const { origin, pathname } = new URL(issuer)
  return `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`
}
