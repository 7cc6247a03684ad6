import { checkMount } from '@tollgate/auth-core'
import { auth } from './own-tokens.js'

const clientDocument = 'https://claude.ai/oauth/claude-code-client-metadata'

export async function tryDocument() {
  const { problems } = await checkMount(auth, { clientDocument })
  for (const { message } of problems) console.warn(message)
}
