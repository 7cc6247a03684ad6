import { hostHeaderValidation } from '@modelcontextprotocol/sdk/server/middleware/hostHeaderValidation.js'
import { checkMount } from '@tollgate/auth-core'
import express from 'express'
import { auth } from './prefix-auth.js'
import { app } from './prefix-express.js'

const checked = express().use(hostHeaderValidation(['example.com', 'localhost', '127.0.0.1']), app)

export const server = checked.listen(process.env['PORT'] ?? 3000, async () => {
  const { ok, message } = await checkMount(auth)
  if (ok) console.info(message)
  else console.warn(message)
})
