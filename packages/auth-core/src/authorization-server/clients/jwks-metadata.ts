import type { JSONWebKeySet, JWK } from 'jose'
import * as z from 'zod/mini'
import { asymmetricAlgorithms } from '../../token-verification/jwt/algorithms.js'
import { isLargeRsaKey, isShortRsaKey } from '../../token-verification/jwt/rsa-key.js'

const text = z.string().check(z.minLength(1), z.maxLength(2048))

const common = {
  kid: z.optional(text),
  alg: z.optional(z.enum(asymmetricAlgorithms)),
  use: z.optional(z.literal('sig')),
  key_ops: z.optional(z.array(text).check(z.refine((operations) => operations.includes('verify')))),
}

/** The members of a key that verification needs. Others, such as certificates, are not stored. */
const usableKeySchema = z.discriminatedUnion('kty', [
  z.object({ ...common, kty: z.literal('RSA'), n: text, e: text.check(z.maxLength(8)) }),
  z.object({ ...common, kty: z.literal('EC'), crv: z.enum(['P-256', 'P-384', 'P-521']), x: text, y: text }),
  z.object({ ...common, kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: text }),
])

/** How many keys a client may have. Without a `kid` in the assertion, all of them are tried. */
const mostKeys = 20

/** The members of private keys and shared secrets (RFC 7518 section 6). */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

/**
 * The keys that a client registers. Keys of other types and for other uses are left out (RFC 7517 section 5). A private key
 * is refused: anyone who reads the registration could impersonate the client.
 */
export const clientJwksSchema = z.pipe(
  z.object({
    keys: z.array(z.record(z.string(), z.unknown())).check(
      z.maxLength(mostKeys),
      z.refine((keys) => !keys.some(isPrivate)),
      z.refine((keys) => usableKeys(keys).length > 0),
    ),
  }),
  z.transform(({ keys }): JSONWebKeySet => ({ keys: usableKeys(keys) })),
)

/** Leaves out the keys that cannot be used, of those that a client publishes at a `jwks_uri`. */
export function usableKeysOf({ keys }: JSONWebKeySet): JSONWebKeySet {
  const usable = usableKeys(keys).filter((key) => !isShortRsaKey(key) && !isLargeRsaKey(key))
  return { keys: usable.slice(0, mostKeys) }
}

function isPrivate(key: object): boolean {
  return privateMembers.some((member) => Object.hasOwn(key, member))
}

function usableKeys(keys: readonly object[]): JWK[] {
  return keys.flatMap((key) => {
    const parsed = z.safeParse(usableKeySchema, key)
    return parsed.success && !isPrivate(key) ? [parsed.data as JWK] : []
  })
}
