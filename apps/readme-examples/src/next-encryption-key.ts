import { encryptedStore, OAuthProvider } from '@tollgate/auth-core'
import { database, options } from './your-options.js'

const key = (name: string) => Buffer.from(process.env[name] ?? '', 'base64')

export const auth = new OAuthProvider({
  ...options,
  store: encryptedStore(database, {
    keys: [
      { id: '2027-11', key: key('NEXT_STORE_KEY') }, // encrypts
      { id: '2026-11', key: key('STORE_KEY') }, // still decrypts
    ],
  }),
})
