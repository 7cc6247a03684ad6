import { MultiAuth } from '@tollgate/auth-core'
import { ApiKeyVerifier } from './api-key-verifier.js'
import { auth as server } from './own-tokens.js'

const verifiers = new ApiKeyVerifier({ requiredScopes: ['notes:read'] })
export const auth = new MultiAuth({ server, verifiers })
