import { dispatch, type OAuthProvider, requireBearerAuth } from '@tollgate/auth-core'
import type { ClientKey } from './assertions.js'
import { type NotesAppOptions, notesProvider } from './notes-app.js'
import { clientsOf, type Target } from './valid-requests.js'
import { toRequest } from './wire-request.js'

export interface InProcess extends Target {
  readonly provider: OAuthProvider
  readonly sendRequest: (request: Request) => Promise<Response>
}

/** A server without sockets, for properties with thousands of requests. */
export function inProcess(key: ClientKey, options: NotesAppOptions = {}): InProcess {
  const origin = 'https://notes.example'
  const provider = notesProvider(origin, { ...clientsOf(key), ...options })
  const routes = provider.getRoutes('/mcp')
  const authenticate = requireBearerAuth(provider)
  const sendRequest = async (request: Request) => {
    const answer = dispatch(routes, request)
    if (answer !== undefined) return answer
    const token = await authenticate(request)
    return token instanceof Response ? token : Response.json({ clientId: token.clientId })
  }
  const now = options.now ?? (() => Math.floor(Date.now() / 1000))
  return { origin, provider, key, now, sendRequest, send: (wire) => sendRequest(toRequest(origin, wire)) }
}
