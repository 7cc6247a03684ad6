import * as base64url from 'jose/base64url'
import { type OptionNames, refuseUnknownOptions } from '../options/unknown-options.js'
import type { Store } from './store.js'

export interface EncryptionKey {
  /** What stored values name the key by: up to 32 letters, digits, `-` and `_`. */
  readonly id: string
  /** 32 random bytes. */
  readonly key: Uint8Array
}

export interface EncryptedStoreOptions {
  /** The first one encrypts, all of them decrypt. */
  readonly keys: readonly EncryptionKey[]
  /**
   * Also reads values that are not encrypted, for a store that was filled before it was. They are encrypted when they
   * are next written. Whoever can write to the store can then write what they like, so switch it off again.
   */
  readonly dangerouslyAcceptPlaintext?: boolean | undefined
}

const optionNames = {
  keys: true,
  dangerouslyAcceptPlaintext: true,
} as const satisfies OptionNames<EncryptedStoreOptions>

const keyMembers = { id: true, key: true } as const satisfies OptionNames<EncryptionKey>

/** AES-256-GCM with random nonces: safe for four billion writes with one key. */
const algorithm = 'AES-GCM'
const keyBytes = 32
const nonceBytes = 12

const prefix = 'e1'
const encryptedShape = /^e1\.([\w-]{1,32})\.([\w-]+)$/

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * A store that encrypts its values: who reads the database, or a copy of it, learns nothing and can sign nothing. A
 * value is good under its own key only, so none can be put in the place of another.
 *
 * Keys of the store are digests already, and stay. Not hidden are sizes and times. Who can write to the store can still
 * remove values, and put back older ones of the same key.
 *
 * To replace an encryption key, put the new one first and keep the old one as long as there may be values of it: a year
 * with the default lifetimes.
 *
 * @throws `TypeError`, naming the option.
 *
 * @example
 * ```ts
 * import { encryptedStore, OAuthProvider } from '@tollgate/auth-core'
 * import { database, options } from './your-options.js'
 *
 * const key = Buffer.from(process.env['STORE_KEY'] ?? '', 'base64')
 *
 * export const auth = new OAuthProvider({
 *   ...options,
 *   store: encryptedStore(database, { keys: [{ id: '2026-11', key }] }),
 * })
 * ```
 */
export function encryptedStore(store: Store, options: EncryptedStoreOptions): Store {
  refuseUnknownOptions('encryptedStore', options, optionNames)
  const { encrypt, decrypt } = valueCipher(options)

  async function decryptFound(key: string, stored: string | null | undefined): Promise<string | undefined> {
    // Some drivers say `null` for nothing.
    return stored === undefined || stored === null ? undefined : decrypt(key, stored)
  }

  return {
    consistency: store.consistency,
    get: async (key) => decryptFound(key, await store.get(key)),
    set: async (key, value, ttl) => store.set(key, await encrypt(key, value), ttl),
    add: async (key, value, ttl) => store.add(key, await encrypt(key, value), ttl),
    async compareAndSwap(key, expected, value, ttl) {
      const next = await encrypt(key, value)
      // One text has many ciphertexts, so the one that is replaced is the one that was seen to say what is expected.
      for (let seen: string | undefined; ; ) {
        const stored = await store.get(key)
        if (stored === seen || (await decryptFound(key, stored)) !== expected) return false
        if (await store.compareAndSwap(key, stored as string, next, ttl)) return true
        // Somebody has written it anew meanwhile, perhaps with the same text.
        seen = stored
      }
    },
    take: async (key) => decryptFound(key, await store.take(key)),
    delete: (key) => store.delete(key),
  }
}

interface ValueCipher {
  encrypt(key: string, value: string): Promise<string>
  /** Rejects for what was not encrypted for this key of the store, with one of the encryption keys. */
  decrypt(key: string, stored: string): Promise<string>
}

function valueCipher({ keys, dangerouslyAcceptPlaintext = false }: EncryptedStoreOptions): ValueCipher {
  const [currentId, imported] = checkedKeys(keys)
  const keyOf = async (id: string): Promise<CryptoKey> => {
    const key = await imported.get(id)?.()
    if (key === undefined)
      throw new Error(`the store has a value of the encryption key ${id}, which is not there`)
    return key
  }
  return {
    async encrypt(key, value) {
      const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes))
      const parameters = { name: algorithm, iv: nonce, additionalData: encoder.encode(key) }
      const encrypted = await crypto.subtle.encrypt(parameters, await keyOf(currentId), encoder.encode(value))
      const bytes = new Uint8Array(nonceBytes + encrypted.byteLength)
      bytes.set(nonce)
      bytes.set(new Uint8Array(encrypted), nonceBytes)
      return `${prefix}.${currentId}.${base64url.encode(bytes)}`
    },
    async decrypt(key, stored) {
      const [, id, encoded] = encryptedShape.exec(stored) ?? []
      if (id === undefined || encoded === undefined) {
        if (dangerouslyAcceptPlaintext) return stored
        throw new Error('the store has a value that is not encrypted')
      }
      const bytes = Uint8Array.from(base64url.decode(encoded))
      const iv = bytes.subarray(0, nonceBytes)
      const parameters = { name: algorithm, iv, additionalData: encoder.encode(key) }
      const text = await crypto.subtle.decrypt(parameters, await keyOf(id), bytes.subarray(nonceBytes))
      return decoder.decode(text)
    },
  }
}

/** The id of the key that encrypts, and all keys by their ids, each imported at its first use. */
function checkedKeys(
  keys: readonly EncryptionKey[],
): [string, ReadonlyMap<string, () => Promise<CryptoKey>>] {
  if (!Array.isArray(keys) || keys.length === 0)
    throw new TypeError('"keys" must be a list of encryption keys')
  const imported = new Map<string, () => Promise<CryptoKey>>()
  for (const [index, encryptionKey] of keys.entries()) {
    refuseUnknownOptions('encryptedStore', encryptionKey, keyMembers, { path: `keys[${index}].` })
    const { id, key }: Partial<EncryptionKey> = encryptionKey
    if (typeof id !== 'string' || !/^[\w-]{1,32}$/.test(id))
      throw new TypeError('"keys" must each have an "id" of up to 32 letters, digits, "-" and "_"')
    if (imported.has(id)) throw new TypeError('"keys" must each have an "id" of its own')
    if (!(key instanceof Uint8Array) || key.byteLength !== keyBytes)
      throw new TypeError(`"keys" must each have a "key" of ${keyBytes} bytes`)
    // A copy, because the caller may clear theirs.
    imported.set(id, importOnce(Uint8Array.from(key)))
  }
  return [[...imported.keys()][0] as string, imported]
}

function importOnce(key: Uint8Array<ArrayBuffer>): () => Promise<CryptoKey> {
  let pending: Promise<CryptoKey> | undefined
  return () => {
    pending ??= crypto.subtle.importKey('raw', key, algorithm, false, ['encrypt', 'decrypt'])
    return pending
  }
}
