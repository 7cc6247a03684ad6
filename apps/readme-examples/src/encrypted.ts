import { encryptedStore, OAuthProvider } from '@tollgate/auth-core'
import { database, options } from './your-options.js'

const key = Buffer.from(process.env['STORE_KEY'] ?? '', 'base64')

export const auth = new OAuthProvider({
  ...options,
  store: encryptedStore(database, { keys: [{ id: '2026-11', key }] }),
})
