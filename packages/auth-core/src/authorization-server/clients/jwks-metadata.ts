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

/** What verifying a signature needs of a key. Other members, certificates for example, are not stored. */
const usableKeySchema = z.discriminatedUnion('kty', [
  z.object({ ...common, kty: z.literal('RSA'), n: text, e: text.check(z.maxLength(8)) }),
  z.object({ ...common, kty: z.literal('EC'), crv: z.enum(['P-256', 'P-384', 'P-521']), x: text, y: text }),
  z.object({ ...common, kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: text }),
])

/** How many keys a client may have. One that does not say which it signed with has them all tried. */
const mostKeys = 20

/** What only private keys and shared secrets have (RFC 7518 section 6). */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

/**
 * The keys that a client registers. Those of other kinds and for other uses are left out (RFC 7517 section 5). A private
 * key is refused: whoever reads the registration could be the client.
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

/** The same of keys that a client publishes, where they may change: what cannot be used is left out. */
export function usableKeysOf({ keys }: JSONWebKeySet): JSONWebKeySet {
  const good = usableKeys(keys).filter((key) => !isShortRsaKey(key) && !isLargeRsaKey(key))
  return { keys: good.slice(0, mostKeys) }
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
