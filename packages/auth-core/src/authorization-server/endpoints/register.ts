import type { AuthEvent } from '../../events/auth-event.js'
import { readJson } from '../../http/body.js'
import type { HttpRequest } from '../../http/http-request.js'
import { type HttpResponse, noStoreJson } from '../../http/http-response.js'
import { OAuthError, optionsOf } from '../../oauth/oauth-error.js'
import { randomToken, sha256 } from '../../runtime/crypto.js'
import { checkInitialAccessToken } from '../client-registry/initial-access-token.js'
import { usesSecret } from '../clients/authentication-methods.js'
import type { OAuthClient } from '../clients/client.js'
import { checkClientMetadata, selfAssertedPolicy } from '../clients/client-metadata.js'
import { type LeftOut, negotiatedMetadata } from '../clients/negotiated-metadata.js'
import { enforceRateLimit } from '../rate-limit/rate-limit.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import type { ServerCall } from '../server/server-call.js'

const encoder = new TextEncoder()

/** The largest registration that is read, in bytes. Some contain certificates with their keys, which are not stored. */
const largestRegistration = 16 * 1024

/**
 * The largest client metadata that is stored, in bytes of JSON. Typical clients have about one thousand. This is enough
 * for twenty redirect URIs, or four RSA keys of 4096 bits. Anyone may register, so each byte counts for all
 * registrations.
 */
const largestMetadata = 4 * 1024

/**
 * The registration endpoint: stores a client with the part of its metadata that the server supports.
 *
 * Does **not** verify what the client claims: the consent page shows the user where the response goes. A registration
 * without tokens expires.
 *
 * @see [RFC 7591 section 3](https://www.rfc-editor.org/rfc/rfc7591.html#section-3)
 */
export async function registerClient(call: ServerCall): Promise<HttpResponse> {
  const { server } = call
  const isVouchedFor = await checkInitialAccessToken(call)
  const policy = selfAssertedPolicy(server, 'registration')
  const { document, leftOut, hint } = negotiatedMetadata(await readMetadata(call.http), policy)
  const metadata = checkClientMetadata(document, policy)
  if (encoder.encode(JSON.stringify(metadata)).byteLength > largestMetadata) throw tooMuch()
  // Last, so that invalid requests do not use up the shared limits.
  const { brief } = await enforceRateLimit(call, { stage: isVouchedFor ? 'authenticated' : 'checked' })
  const now = server.now()
  const secret = usesSecret(metadata.token_endpoint_auth_method) ? randomToken() : undefined
  const client: OAuthClient = {
    client_id: randomToken(16),
    client_id_issued_at: now,
    ...(secret === undefined ? {} : { client_secret_expires_at: secretExpiresAt(server, now) }),
    ...metadata,
  }
  const secrets = secret === undefined ? [] : [{ digest: await sha256(secret) }]
  const record = { client, origin: 'registration', secrets } as const
  await server.records.clients.save(client.client_id, record, now + lifetimeOf(server, brief))
  call.emit({
    type: 'client.registered',
    clientId: client.client_id,
    ...toldAs(leftOut, hint),
    ...(brief ? { brief } : {}),
  })
  return noStoreJson(201, secret === undefined ? client : { ...client, client_secret: secret })
}

/** Returns the seconds until a registration without tokens expires. */
function lifetimeOf({ lifetimes }: AuthorizationServer, brief: boolean): number {
  const { unusedRegistration, briefRegistration } = lifetimes
  return brief ? Math.min(briefRegistration, unusedRegistration) : unusedRegistration
}

/** Returns what was left out, for the event. The client sees in the response what it is registered with. */
function toldAs(
  leftOut: LeftOut,
  hint: string | undefined,
): Pick<AuthEvent & { type: 'client.registered' }, 'leftOut' | 'hint'> {
  return Object.keys(leftOut).length === 0 ? {} : { leftOut, hint }
}

/** Returns 0 for a secret that does not expire (RFC 7591 section 3.2.1). */
function secretExpiresAt({ clientSecretLifetime }: AuthorizationServer, now: number): number {
  return clientSecretLifetime === 0 ? 0 : now + clientSecretLifetime
}

function tooMuch(): OAuthError {
  const description = `The client metadata exceeds ${largestMetadata} bytes.`
  return new OAuthError('invalid_client_metadata', description)
}

/** Reads the metadata. An unreadable body is `invalid_client_metadata`, because RFC 7591 has no `invalid_request`. */
async function readMetadata(request: HttpRequest): Promise<unknown> {
  try {
    return await readJson(request, largestRegistration)
  } catch (error) {
    if (!(error instanceof OAuthError) || error.code !== 'invalid_request') throw error
    throw new OAuthError('invalid_client_metadata', error.message, optionsOf(error))
  }
}
