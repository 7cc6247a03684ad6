import type { HttpResponse } from '../../http/http-response.js'
import type { Method } from '../../http/route.js'
import type { EndpointName } from '../../oauth/endpoint-names.js'
import type { OAuthError } from '../../oauth/oauth-error.js'
import { authenticateClient } from '../client-authentication/authenticate-client.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import type { ServerCall } from '../server/server-call.js'
import { authorize } from './authorize.js'
import { answerConsent } from './consent.js'
import { introspectToken } from './introspect.js'
import { publishKeys } from './jwks.js'
import { registerClient } from './register.js'
import { revokeToken } from './revoke.js'
import { issueTokens } from './token.js'

/** Responds to a request, or rejects with an error that `serveEndpoint` turns into the response. */
export type ServerEndpoint = (call: ServerCall) => Promise<HttpResponse>

/** An endpoint of the authorization server. */
export interface EndpointRow {
  readonly name: EndpointName
  /**
   * `client`: JSON, readable from any origin. `browser`: pages and redirects, which no other origin may read (RFC 9700
   * section 2.6).
   */
  readonly for: 'client' | 'browser'
  readonly methods: Readonly<Partial<Record<Method, ServerEndpoint>>>
  /** The metadata member that has the URL of the endpoint (RFC 8414 section 2). */
  readonly metadata?: string
  /** Default: always. */
  readonly isServed?: (server: AuthorizationServer) => boolean
  /** The HTTP status of an error. Default: the error's own. */
  readonly statusOf?: (error: OAuthError, server: AuthorizationServer) => number
}

/** The token endpoint. */
export const tokenEndpoint = {
  name: 'token',
  for: 'client',
  methods: { POST: (call) => issueTokens(call, authenticateClient) },
  metadata: 'token_endpoint',
  statusOf: (error, server) => (error.code === 'invalid_grant' ? server.invalidGrantStatus : error.status),
} as const satisfies EndpointRow

/** All endpoints. Routes and metadata are made from this table. The default path of an endpoint is its name. */
export const endpointTable: readonly EndpointRow[] = [
  { name: 'jwks', for: 'client', methods: { GET: publishKeys, HEAD: publishKeys }, metadata: 'jwks_uri' },
  {
    name: 'authorize',
    for: 'browser',
    methods: { GET: authorize, POST: authorize },
    metadata: 'authorization_endpoint',
  },
  { name: 'consent', for: 'browser', methods: { POST: answerConsent } },
  tokenEndpoint,
  {
    name: 'register',
    for: 'client',
    methods: { POST: registerClient },
    metadata: 'registration_endpoint',
    isServed: ({ dynamicRegistration }) => dynamicRegistration !== false,
  },
  { name: 'revoke', for: 'client', methods: { POST: revokeToken }, metadata: 'revocation_endpoint' },
  {
    name: 'introspect',
    for: 'client',
    methods: { POST: introspectToken },
    metadata: 'introspection_endpoint',
  },
]

/** Returns the endpoints that a server serves. */
export function servedEndpoints(server: AuthorizationServer): readonly EndpointRow[] {
  return endpointTable.filter(({ isServed = () => true }) => isServed(server))
}
