import { type OptionNames, refuseUnknownOptions } from '@tollgate/auth-core/adapter'
import { base64url, type CryptoKey } from 'jose'
import { newSigningKey, type SigningKey, secretKey, signJwt } from './signing-key.js'

/**
 * The signer of a token. `issuer` signs with the current key (the default), `otherKey` with another key under the same
 * `kid`, and `none` not at all (`alg` is `none`). Bytes are a shared secret (`alg` is `HS256`), for example a public
 * key that a careless verifier might accept as one. A private key signs as it is.
 */
export type Signer = 'issuer' | 'otherKey' | 'none' | Uint8Array<ArrayBuffer> | CryptoKey

/** The content of a minted token. Omitted members are those of a valid token. */
export interface MintOptions {
  /** `aud`, usually the URL of the MCP endpoint. Verifiers that check it require it. */
  readonly audience?: string | readonly string[] | undefined
  /** `sub`. Default: `test-user`. */
  readonly subject?: string | undefined
  /** `client_id`. Default: `test-client`. */
  readonly clientId?: string | undefined
  /** Written to `scope`, separated by spaces. */
  readonly scopes?: readonly string[] | undefined
  /** Seconds from now to `exp`. Negative for an expired token. Default: 3600. */
  readonly expiresIn?: number | undefined
  /** Further claims, which override those above. `undefined` omits a claim. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  /** Further header members, for example `typ`, `alg` or `crit`. `undefined` omits one. */
  readonly header?: Readonly<Record<string, unknown>> | undefined
  readonly signedBy?: Signer | undefined
}

const optionNames = {
  audience: true,
  subject: true,
  clientId: true,
  scopes: true,
  expiresIn: true,
  claims: true,
  header: true,
  signedBy: true,
} as const satisfies OptionNames<MintOptions>

/** Signs any claims and checks nothing. */
export async function mintToken(
  issuer: string,
  now: number,
  key: SigningKey,
  options: MintOptions,
): Promise<string> {
  refuseUnknownOptions('mint', options, optionNames)
  const { audience, subject = 'test-user', clientId = 'test-client', scopes, expiresIn = 3600 } = options
  const { signedBy = 'issuer' } = options
  const header: Record<string, unknown> = {
    alg: signedBy === 'none' ? 'none' : signedBy instanceof Uint8Array ? 'HS256' : key.algorithm,
    typ: 'at+jwt',
    kid: key.publicJwk.kid,
    ...options.header,
  }
  const claims = {
    iss: issuer,
    aud: audience,
    sub: subject,
    client_id: clientId,
    scope: scopes?.join(' '),
    iat: now,
    exp: now + expiresIn,
    jti: crypto.randomUUID(),
    ...options.claims,
  }
  return signJwt(header, claims, await keyOf(signedBy, key, header['alg']))
}

async function keyOf(signer: Signer, own: SigningKey, algorithm: unknown): Promise<CryptoKey | undefined> {
  if (signer === 'issuer') return own.privateKey
  if (signer === 'otherKey') return (await newSigningKey(own.algorithm, own.publicJwk.kid)).privateKey
  if (signer === 'none') return undefined
  return signer instanceof Uint8Array ? secretKey(signer, String(algorithm)) : signer
}

/**
 * Returns the header and the claims of a JWT. Verifies nothing.
 *
 * @throws `SyntaxError` or `TypeError` if it is not a JWT.
 */
export function decodeToken(token: string): {
  readonly header: Record<string, unknown>
  readonly claims: Record<string, unknown>
} {
  const [header, claims] = token
    .split('.', 2)
    .map((part) => JSON.parse(new TextDecoder().decode(base64url.decode(part))))
  return { header, claims }
}
