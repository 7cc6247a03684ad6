import type { JWK } from 'jose'
import { checkedOptions, type OptionTable } from '../../options/option-table.js'
import { anyFunction, isObject, option, required } from '../../options/rows.js'
import { fewestRsaBits, isShortRsaKey } from '../../token-verification/jwt/rsa-key.js'
import { keySet } from '../../token-verification/keys/key-set.js'
import { type ExternalSigningKey, externalSigningKey } from './external-signing-key.js'
import { publicKeyOf } from './published-key.js'
import { fitsItsAlgorithm, localSigningKey, type SigningKeys, signingAlgorithms } from './signing-key.js'

/** A key with an `alg`: private, external, or public, for tokens that it has signed before. */
export type GivenSigningKey = JWK | ExternalSigningKey

/**
 * Opens keys that the operator owns and rotates. The first one signs; all of them are published.
 *
 * @throws `TypeError`, naming the option.
 */
export function givenSigningKeys(keys: readonly GivenSigningKey[]): SigningKeys {
  const [first] = checkedKeys(keys)
  const opened = once(async () => {
    const publicKeys = await Promise.all(keys.map((key) => publicKeyOf(jwkOf(key))))
    const jwks = { keys: publicKeys }
    const signing = isExternal(first) ? await externalSigningKey(first) : await localSigningKey(first)
    return { jwks, signing, verification: keySet(jwks) }
  })
  return {
    current: async () => (await opened()).signing,
    jwks: async () => (await opened()).jwks,
    find: async (header) => (await opened()).verification.find(header),
    async rotate() {
      throw new TypeError(
        'OAuthProvider: keys in "signingKeys" must be rotated there. Replace them in the option.',
      )
    },
  }
}

function externalKeyTable() {
  return {
    publicJwk: required(option('be a public JWK', isObject)),
    sign: required(anyFunction()),
  } satisfies OptionTable<ExternalSigningKey>
}

function checkedKeys(keys: readonly GivenSigningKey[]): readonly [GivenSigningKey, ...GivenSigningKey[]] {
  for (const [index, key] of keys.entries()) {
    // JWKs may have members of any name (RFC 7517 section 4), so they are not checked for unknown ones.
    if (isExternal(key) || Object.hasOwn(key ?? {}, 'publicJwk'))
      checkedOptions('OAuthProvider', key, externalKeyTable(), { path: `signingKeys[${index}].` })
    if (!fitsItsAlgorithm(jwkOf(key)))
      refuse(`be JWKs with an "alg" that fits: one of ${[...signingAlgorithms].join(', ')}`)
  }
  if (keys.some((key) => isShortRsaKey(jwkOf(key))))
    refuse(`not have RSA keys of less than ${fewestRsaBits} bits`)
  const [first] = keys as [GivenSigningKey]
  if (!isExternal(first) && first.d === undefined)
    refuse('begin with a private key, or one that has a function "sign"')
  const kids = keys.flatMap((key) => jwkOf(key).kid ?? [])
  if (new Set(kids).size < kids.length) refuse('each have a "kid" of its own')
  return keys as [GivenSigningKey, ...GivenSigningKey[]]
}

function refuse(problem: string): never {
  throw new TypeError(`OAuthProvider: "signingKeys" must ${problem}.`)
}

function isExternal(key: GivenSigningKey): key is ExternalSigningKey {
  return typeof (key as Partial<ExternalSigningKey> | null)?.sign === 'function'
}

function jwkOf(key: GivenSigningKey): JWK {
  return isExternal(key) ? (key.publicJwk ?? {}) : (key ?? {})
}

/** Runs a task at the first call and shares its result. A failure is not cached. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let pending: Promise<T> | undefined
  return () => {
    pending ??= work().catch((error) => {
      pending = undefined
      throw error
    })
    return pending
  }
}
