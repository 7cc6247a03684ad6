import { checkMount } from '@tollgate/auth-core'
import { auth } from './prefix-auth.js'
import { app } from './prefix-express.js'

export const server = app.listen(process.env['PORT'] ?? 3000, async () => {
  for (const { message } of await checkMount(auth)) console.warn(message)
})
