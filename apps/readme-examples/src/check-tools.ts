import { checkMount } from '@tollgate/auth-core'
import { auth } from './remote-auth.js'

export async function checkTools(token: string) {
  const toolScopes = { add_note: ['notes:write'], delete_note: ['notes:write'] }
  const { ok, problems } = await checkMount(auth, { toolScopes, token })
  for (const { message } of problems) console.warn(message)
  return ok
}
