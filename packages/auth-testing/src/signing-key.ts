import { base64url, type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose'

/** A key pair of the issuer, generated for one test run. */
export interface SigningKey {
  readonly algorithm: string
  readonly privateKey: CryptoKey
  /** With `kid`, `alg` and `use`. */
  readonly publicJwk: JWK & { readonly kid: string }
}

export async function newSigningKey(algorithm: string, kid: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
  return {
    algorithm,
    privateKey,
    publicJwk: { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' },
  }
}

/**
 * Creates a JWT with exactly this header and these claims. A signing library would refuse half of what tests need.
 * Without a key, the signature is empty.
 */
export async function signJwt(header: object, claims: object, key: CryptoKey | undefined): Promise<string> {
  const input = `${base64url.encode(JSON.stringify(header))}.${base64url.encode(JSON.stringify(claims))}`
  if (key === undefined) return `${input}.`
  const signature = await crypto.subtle.sign(signatureOf(key), key, new TextEncoder().encode(input))
  return `${input}.${base64url.encode(new Uint8Array(signature))}`
}

/** A shared secret as an HMAC key. The algorithms differ only in the hash: `HS256` uses SHA-256. */
export function secretKey(secret: Uint8Array<ArrayBuffer>, algorithm: string): Promise<CryptoKey> {
  const hash = `SHA-${/^HS(256|384|512)$/.exec(algorithm)?.[1] ?? '256'}`
  return crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash }, false, ['sign'])
}

/** The algorithm parameters of WebCrypto (RFC 7518 section 3.1). */
function signatureOf({ algorithm }: CryptoKey) {
  const { name, namedCurve, hash } = algorithm as {
    name: string
    namedCurve?: string
    hash?: { name: string }
  }
  const hashByCurve: Record<string, string> = { 'P-256': 'SHA-256', 'P-384': 'SHA-384', 'P-521': 'SHA-512' }
  return {
    name,
    hash: hashByCurve[namedCurve ?? ''] ?? hash?.name ?? 'SHA-256',
    // RSASSA-PSS uses a salt as long as the hash.
    saltLength: Number(hash?.name.replace('SHA-', '') ?? 0) / 8,
  }
}
