import type { AccessToken } from '../contract/access-token.js'

/** The caller of a request: an `AccessToken`, or the parts of one that an application has stored. */
export type Caller = Pick<AccessToken, 'clientId'> & {
  readonly [Member in 'issuer' | 'subject']?: AccessToken[Member] | undefined
}

/**
 * Whether two requests come from the same user, issuer and client.
 *
 * Use it for a session that must not be used with another user's token. A refreshed token has the same caller. All three
 * are compared, because two issuers may each have an `alice`, and clients must not see each other's sessions.
 *
 * Returns `false` without a token, and for tokens that name neither a user nor a client. An empty name counts as absent.
 * Tokens without a subject have one caller for each client, even if the client uses them for several users.
 *
 * A verifier of your own must set `issuer` if another source in the same `MultiAuth` may have the same subjects.
 *
 * @example
 * ```ts
 * export const handler = mcpHandler(async (request) => {
 *   const caller = getAuth(request)
 *   const session = sessions.get(request.get('mcp-session-id') ?? '')
 *   if (session !== undefined && isSameCaller(session.caller, caller)) return session.transport
 *   const transport = new StreamableHTTPServerTransport({
 *     sessionIdGenerator: randomUUID,
 *     onsessioninitialized: (id) => void sessions.set(id, { transport, caller }),
 *     onsessionclosed: (id) => void sessions.delete(id),
 *   })
 *   await createServer().connect(transport)
 *   return transport
 * })
 * ```
 */
export function isSameCaller(one: Caller | undefined, other: Caller | undefined): boolean {
  if (one === undefined || other === undefined) return false
  const [subject, clientId] = [named(one.subject), named(one.clientId)]
  const isNamed = subject !== undefined || (clientId !== undefined && clientId !== unknownClient)
  return (
    isNamed &&
    one.issuer === other.issuer &&
    subject === named(other.subject) &&
    clientId === named(other.clientId)
  )
}

function named(name: string | undefined): string | undefined {
  return name === '' ? undefined : name
}

/** The `clientId` of a token without a client. */
export const unknownClient = 'unknown'
