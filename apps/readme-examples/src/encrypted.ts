import { encryptedStore, OAuthProvider } from '@tollgate/auth-core'
import { storeKey } from './your-keys.js'
import { database, options } from './your-options.js'

export const auth = new OAuthProvider({
  ...options,
  store: encryptedStore(database, { keys: [{ id: '2026-11', key: storeKey }] }),
})
