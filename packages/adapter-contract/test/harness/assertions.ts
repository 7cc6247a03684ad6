import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

/** A key of a client and its registered JWK. */
export interface ClientKey {
  readonly alg: string
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly jwk: JWK
}

export async function newClientKey(alg = 'ES256', kid = 'key-1'): Promise<ClientKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  return { alg, kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

export interface AssertionChanges {
  /** `undefined` omits a member. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
}

/** Signs assertions of one client for one server. Each has its own `jti`. */
export class Asserter {
  readonly #key: ClientKey
  readonly #clientId: string
  readonly #audience: string
  readonly #now: () => number

  constructor(key: ClientKey, clientId: string, audience: string, now: () => number) {
    this.#key = key
    this.#clientId = clientId
    this.#audience = audience
    this.#now = now
  }

  sign({ claims = {}, header = {} }: AssertionChanges = {}): Promise<string> {
    const now = this.#now()
    const all = {
      iss: this.#clientId,
      sub: this.#clientId,
      aud: this.#audience,
      iat: now,
      exp: now + 300,
      jti: crypto.randomUUID(),
      ...claims,
    }
    const { alg, kid, privateKey } = this.#key
    return new SignJWT(JSON.parse(JSON.stringify(all)) as Record<string, unknown>)
      .setProtectedHeader({ alg, kid, typ: 'JWT', ...header })
      .sign(privateKey)
  }

  async form(changes: AssertionChanges = {}): Promise<Record<string, string>> {
    return assertionForm(await this.sign(changes))
  }
}

export function assertionForm(assertion: string): Record<string, string> {
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  }
}
