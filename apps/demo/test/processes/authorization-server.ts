import { encryptedStore, OAuthProvider, secretDigest } from '@tollgate/auth-core'
import { mcpAuthRouter } from '@tollgate/auth-express'
import express from 'express'
import { demoSignIn, demoSignInRouter } from '../../../example-express/src/demo-sign-in.js'
import { fileStore } from './file-store.js'
import { listen, obeyOperator, operatorsClock } from './operator.js'

const { STORE_FILE = '', STORE_KEY = '', SHARED_SECRET = '' } = process.env

const now = operatorsClock()
const digest = await secretDigest(SHARED_SECRET)
const store = encryptedStore(fileStore(STORE_FILE, now), {
  keys: [{ id: 'test', key: Buffer.from(STORE_KEY, 'base64') }],
})
const { server, origin } = await listen()

obeyOperator({
  advance: now.advance,
  /** Issues tokens for these resources. The first verifies them itself, the second introspects them. */
  serve(resources) {
    const [verifying = '', asking = ''] = resources.split(',')
    const auth = new OAuthProvider({
      baseUrl: origin,
      name: 'Two processes',
      resources: [verifying, asking],
      scopesSupported: ['notes:read'],
      dynamicRegistration: true,
      clients: [{ client_id: 'asking', secrets: [{ digest }], introspects: [asking] }],
      store,
      signIn: demoSignIn,
      now,
    })
    const app = express()
    app.use(mcpAuthRouter(auth))
    app.use(demoSignInRouter(origin))
    server.on('request', app)
  },
})
console.log(origin)
