import type { JSONWebKeySet, JWK } from 'jose'
import { JWKSMultipleMatchingKeys } from 'jose/errors'
import { createLocalJWKSet } from 'jose/jwks/local'
import { importJWK, importSPKI, importX509 } from 'jose/key/import'
import type { JwtHeader, KeySource, VerificationKey } from '../jwt/jws.js'

/** One public key in PEM (SPKI or a certificate) or as a JWK. */
export function staticKey(key: string | JWK): KeySource {
  const imported = new Map<string, Promise<readonly VerificationKey[]>>()
  return {
    find({ alg }) {
      const known = imported.get(alg)
      if (known !== undefined) return known
      // A key of another kind than the token's algorithm did not sign the token.
      const keys = importKey(key, alg).then(
        (one) => [one],
        () => [],
      )
      imported.set(alg, keys)
      return keys
    },
  }
}

function importKey(key: string | JWK, algorithm: string): Promise<VerificationKey> {
  if (typeof key !== 'string') return importJWK(key, key.alg ?? algorithm)
  const pem = key.trim()
  return pem.startsWith('-----BEGIN CERTIFICATE-----')
    ? importX509(pem, algorithm)
    : importSPKI(pem, algorithm)
}

/** A secret that issuer and resource server share. */
export function sharedSecret(secret: Uint8Array): KeySource {
  return { find: async () => [secret] }
}

/**
 * The keys of a JWKS document that fit a token. Keys that cannot be used are skipped (RFC 7517 section 5).
 *
 * @param most How many keys of an issuer are opened for one token.
 */
export function keySet(jwks: JSONWebKeySet, most = Number.POSITIVE_INFINITY): KeySource {
  const groups = groupsByIssuer(jwks.keys.filter(isUsableKey), most)
  const [only] = groups
  // Nearly all documents: the keys name no issuer.
  if (groups.length === 1 && only !== undefined && only.issuer === undefined) return only
  return {
    async find(header, _emit, mayUse) {
      const found = groups.map(({ issuer, find }) =>
        mayUse === undefined || issuer === undefined || (issuer !== null && mayUse(issuer))
          ? find(header)
          : [],
      )
      return (await Promise.all(found)).flat()
    },
  }
}

interface KeysOfIssuer {
  /**
   * What the keys themselves name as their issuer, if they do, as Entra ID's keys for many tenants. `null` for what is
   * not text: then they are nobody's.
   */
  readonly issuer: string | undefined | null
  find(header: JwtHeader): Promise<readonly VerificationKey[]>
}

function groupsByIssuer(keys: readonly IssuerKey[], most: number): KeysOfIssuer[] {
  const issuers = new Set(keys.map(issuerOf))
  return [...issuers].map((issuer) => {
    const findOne = createLocalJWKSet({ keys: keys.filter((key) => issuerOf(key) === issuer) })
    return {
      issuer,
      async find(header) {
        try {
          return [await findOne(header)]
        } catch (error) {
          // No key fits, or the one that fits is broken, which is as good as not being there.
          return error instanceof JWKSMultipleMatchingKeys ? collect(error, most) : []
        }
      },
    }
  })
}

type IssuerKey = JWK & { readonly issuer?: unknown }

function issuerOf({ issuer }: IssuerKey): KeysOfIssuer['issuer'] {
  return issuer === undefined || typeof issuer === 'string' ? issuer : null
}

/** Whether a member of a JWKS document looks like a public key. A shared secret has no place in one. */
export function isUsableKey(key: unknown): boolean {
  const { kty } = (key ?? {}) as { kty?: unknown }
  return kty === 'RSA' || kty === 'EC' || kty === 'OKP'
}

async function collect(keys: AsyncIterable<VerificationKey>, most: number): Promise<VerificationKey[]> {
  const found: VerificationKey[] = []
  for await (const key of keys) {
    found.push(key)
    if (found.length >= most) break
  }
  return found
}

/** What follows "must" for what is not a JWKS document. */
export const mustBeJwks = 'be a JWKS document with a list of "keys"'

export function isJwks(document: unknown): document is JSONWebKeySet {
  const { keys } = (document ?? {}) as { readonly keys?: unknown }
  return Array.isArray(keys)
}

/** @throws `TypeError` for anything but a JWKS document. */
export function checkedJwks(name: string, document: unknown): JSONWebKeySet {
  if (!isJwks(document)) throw new TypeError(`"${name}" must ${mustBeJwks}`)
  return { keys: document.keys }
}
