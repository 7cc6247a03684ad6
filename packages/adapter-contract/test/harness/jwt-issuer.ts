import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** Somebody who signs tokens as a test tells them to, wrong ones too. */
export interface JwtIssuer {
  readonly issuer: string
  readonly jwks: { keys: { kty: string; kid: string; alg: string; [name: string]: unknown }[] }
  /** A good token for the audience, but for the changes; `undefined` leaves a claim out. */
  readonly token: (claims: Record<string, unknown>, header?: Record<string, unknown>) => string
}

/** @param now The clock of the one who verifies. */
export function jwtIssuer(issuer: string, now: () => number): JwtIssuer {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = 'key-1'
  return {
    issuer,
    jwks: { keys: [{ ...(publicKey.export({ format: 'jwk' }) as { kty: string }), kid, alg: 'ES256' }] },
    token: (claims, header) =>
      signJwt(
        { alg: 'ES256', typ: 'at+jwt', kid, ...header },
        {
          iss: issuer,
          sub: 'alice',
          client_id: 'client-1',
          scope: 'notes:read notes:write',
          iat: now(),
          exp: now() + 300,
          jti: 'token-1',
          ...claims,
        },
        privateKey,
      ),
  }
}

function signJwt(header: object, claims: object, key: KeyObject): string {
  const input = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}
