import { checkMount } from '@tollgate/auth-core'
import { auth } from './prefix-auth.js'
import { app } from './prefix-express.js'

export const server = app.listen(process.env['PORT'] ?? 3000, async () => {
  const { ok, message } = await checkMount(auth)
  if (ok) console.info(message)
  else console.warn(message)
})
