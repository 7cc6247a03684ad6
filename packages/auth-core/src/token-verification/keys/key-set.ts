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
      // A key of another type cannot have signed with this algorithm.
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

/** A secret that the issuer and this server share. */
export function sharedSecret(secret: Uint8Array): KeySource {
  return { find: async () => [secret] }
}

/**
 * The keys of a JWKS document that fit a token. Skips unusable keys (RFC 7517 section 5).
 *
 * @param most The most keys of an issuer that are imported for one token.
 */
export function keySet(jwks: JSONWebKeySet, most = Number.POSITIVE_INFINITY): KeySource {
  const groups = groupsByIssuer(jwks.keys.filter(isUsableKey), most)
  const [only] = groups
  // Fast path: in nearly all documents, keys name no issuer.
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
   * The issuer that the keys name, as in Entra ID's keys for several tenants. `null` if it is not text: such keys verify
   * nothing.
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
          // No key fits, or the only one that fits cannot be imported.
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

/** Whether a member of a JWKS document looks like a public key. A shared secret does not belong there. */
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
