import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose'

export const issuer = 'https://login.example.com'
export const resource = 'https://api.example.com/mcp'

export interface TestKey {
  readonly alg: string
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly publicPem: string
  readonly publicJwk: JWK
}

export async function newKey(alg = 'ES256', kid = 'key-1'): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return {
    alg,
    kid,
    privateKey,
    publicPem: await exportSPKI(publicKey),
    publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
  }
}

export interface TokenParts {
  /** `undefined` omits a claim. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** `undefined` omits a parameter. */
  readonly header?: Readonly<Record<string, unknown>>
}

/** The claims of a valid token, issued five minutes ago and valid for an hour. */
export function goodClaims(now: number): Record<string, unknown> {
  return {
    iss: issuer,
    aud: resource,
    sub: 'alice',
    client_id: 'client-1',
    scope: 'notes:read notes:write',
    iat: now - 300,
    exp: now + 3600,
    jti: 'token-1',
  }
}

/** Signs a valid token with the changes of a test. */
export function signToken(
  key: Pick<TestKey, 'alg' | 'kid'> & { readonly privateKey: CryptoKey | Uint8Array },
  now: number,
  { claims = {}, header = {} }: TokenParts = {},
): Promise<string> {
  return new SignJWT({ ...goodClaims(now), ...claims })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header } as { alg: string })
    .sign(key.privateKey)
}

/** Encodes a token from any parts, with any signature. */
export function rawToken(header: object, claims: object, signature = ''): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  return `${encode(header)}.${encode(claims)}.${signature}`
}
