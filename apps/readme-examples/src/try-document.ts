import { checkMount } from '@tollgate/auth-core'
import { auth } from './own-tokens.js'

const clientDocument = 'https://claude.ai/oauth/claude-code-client-metadata'

export async function tryDocument() {
  for (const { message } of await checkMount(auth, { clientDocument })) console.warn(message)
}
