import { type OptionNames, refuseUnknownOptions } from '@tollgate/auth-core/adapter'
import { base64url, type CryptoKey } from 'jose'
import { newSigningKey, type SigningKey, secretKey, signJwt } from './signing-key.js'

/**
 * Whose signature a token carries: that of the issuer's current key (the default), of a `stranger` who claims that
 * key's `kid`, or of `nobody` (`alg` is `none`). Bytes are a shared secret (`alg` is `HS256`), for example a public
 * key that a careless verifier might take for one; a private key signs as it is.
 */
export type Signer = 'issuer' | 'stranger' | 'nobody' | Uint8Array<ArrayBuffer> | CryptoKey

/** What a minted token says. What is left out is what a good token says. */
export interface MintOptions {
  /** `aud`. Required by every verifier that checks it: the URL of the MCP endpoint. */
  readonly audience?: string | readonly string[] | undefined
  /** `sub`. Default: `test-user`. */
  readonly subject?: string | undefined
  /** `client_id`. Default: `test-client`. */
  readonly clientId?: string | undefined
  /** Written into `scope`, with spaces between them. */
  readonly scopes?: readonly string[] | undefined
  /** Seconds from now to `exp`; negative for a token that has expired. Default: 3600. */
  readonly expiresIn?: number | undefined
  /** Further claims, and others in place of those above. `undefined` leaves a claim out. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  /** Other members of the header, for example `typ`, `alg` or `crit`. `undefined` leaves one out. */
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

/** Signs whatever it is told to, and checks nothing. */
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
    alg: signedBy === 'nobody' ? 'none' : signedBy instanceof Uint8Array ? 'HS256' : key.algorithm,
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
  if (signer === 'stranger') return (await newSigningKey(own.algorithm, own.publicJwk.kid)).privateKey
  if (signer === 'nobody') return undefined
  return signer instanceof Uint8Array ? secretKey(signer, String(algorithm)) : signer
}

/**
 * The header and the claims of a JWT, so that a test can look at what a server issued. Verifies nothing.
 *
 * @throws `SyntaxError` or `TypeError` for what is not a JWT.
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
