import * as base64url from 'jose/base64url'
import { checkedOptions, type OptionTable } from '../options/option-table.js'
import { flag, option, required } from '../options/rows.js'
import type { Store } from './store.js'

/** A key of `encryptedStore`. */
export interface EncryptionKey {
  /** The name of the key in stored values: up to 32 letters, digits, `-` and `_`. */
  readonly id: string
  /** 32 random bytes. */
  readonly key: Uint8Array
}

/** Options of `encryptedStore`. */
export interface EncryptedStoreOptions {
  /** The first key encrypts, all of them decrypt. */
  readonly keys: readonly EncryptionKey[]
  /**
   * Also reads plaintext values, to encrypt a store that is in use. Each value is encrypted at its next write. Anyone who can
   * write to the store can forge values meanwhile, so turn it off again. Default: false.
   */
  readonly dangerouslyAcceptPlaintext?: boolean | undefined
}

export function encryptedStoreOptionTable() {
  return {
    keys: required(
      option('be a list of encryption keys', (value) => Array.isArray(value) && value.length > 0),
    ),
    dangerouslyAcceptPlaintext: flag(),
  } satisfies OptionTable<EncryptedStoreOptions>
}

function encryptionKeyTable() {
  return {
    id: required(
      option(
        'be 1 to 32 letters, digits, "-" and "_"',
        (value) => typeof value === 'string' && /^[\w-]{1,32}$/.test(value),
      ),
    ),
    key: required(
      option(
        `be a Uint8Array of ${keyBytes} bytes`,
        (value) => value instanceof Uint8Array && value.byteLength === keyBytes,
      ),
    ),
  } satisfies OptionTable<EncryptionKey>
}

/** AES-256-GCM with random nonces: safe for four billion writes with one key. */
const algorithm = 'AES-GCM'
const keyBytes = 32
const nonceBytes = 12

const prefix = 'e1'
const encryptedShape = /^e1\.([\w-]{1,32})\.([\w-]+)$/

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * A store that encrypts values: anyone who reads the database, or a copy of it, learns no secret and no signing key.
 *
 * A value decrypts only under its own key of the store, so values cannot be swapped. Does **not** hide sizes and times, or
 * the keys of the store, which are digests. Anyone who can write to the store can still remove values, and restore older
 * values of the same key.
 *
 * To replace an encryption key, put the new one first, and keep the old one while values of it may exist: a year with the
 * default lifetimes.
 *
 * @throws `TypeError` for wrong and unknown options.
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
  const checked = checkedOptions('encryptedStore', options, encryptedStoreOptionTable())
  const { encrypt, decrypt } = valueCipher(checked)

  async function decryptFound(key: string, stored: string | null | undefined): Promise<string | undefined> {
    // Some drivers return `null` for nothing.
    return stored === undefined || stored === null ? undefined : decrypt(key, stored)
  }

  return {
    consistency: store.consistency,
    get: async (key) => decryptFound(key, await store.get(key)),
    set: async (key, value, ttl) => store.set(key, await encrypt(key, value), ttl),
    add: async (key, value, ttl) => store.add(key, await encrypt(key, value), ttl),
    async compareAndSwap(key, expected, value, ttl) {
      const next = await encrypt(key, value)
      // One text has many ciphertexts: replace the one that was read and decrypts to `expected`.
      for (let seen: string | undefined; ; ) {
        const stored = await store.get(key)
        if (stored === seen || (await decryptFound(key, stored)) !== expected) return false
        if (await store.compareAndSwap(key, stored as string, next, ttl)) return true
        // Written again meanwhile, perhaps with the same text.
        seen = stored
      }
    },
    take: async (key) => decryptFound(key, await store.take(key)),
    delete: (key) => store.delete(key),
  }
}

interface ValueCipher {
  encrypt(key: string, value: string): Promise<string>
  /** Rejects unless the value was encrypted for this key of the store, with one of the encryption keys. */
  decrypt(key: string, stored: string): Promise<string>
}

function valueCipher({ keys, dangerouslyAcceptPlaintext = false }: EncryptedStoreOptions): ValueCipher {
  const [currentId, imported] = checkedKeys(keys)
  const keyOf = async (id: string): Promise<CryptoKey> => {
    const key = await imported.get(id)?.()
    if (key === undefined)
      throw new Error(`the store has a value with the encryption key ${id}, which is not configured`)
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

/** The ID of the key that encrypts, and all keys by ID, each imported at its first use. */
function checkedKeys(
  keys: readonly EncryptionKey[],
): [string, ReadonlyMap<string, () => Promise<CryptoKey>>] {
  const imported = new Map<string, () => Promise<CryptoKey>>()
  for (const [index, encryptionKey] of keys.entries()) {
    const path = `keys[${index}].`
    const { id, key } = checkedOptions('encryptedStore', encryptionKey, encryptionKeyTable(), { path })
    if (imported.has(id)) throw new TypeError(`encryptedStore: "${path}id" must differ from the other keys.`)
    // A copy, because the caller may clear the original.
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
