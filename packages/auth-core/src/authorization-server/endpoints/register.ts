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

/** The largest registration that is read, in bytes: some have certificates beside their keys, which are not kept. */
const largestRegistration = 16 * 1024

/**
 * The largest metadata that is kept of one, in bytes of JSON. Clients of today have about one thousand; this is enough for
 * twenty redirect URIs, or for four RSA keys of 4096 bits. Anybody may register: what one takes, all may take together.
 */
const largestMetadata = 4 * 1024

/**
 * Registers a client that asks for it. What it says of itself is believed by nobody: the user sees where the answer
 * goes before anything is granted. A registration that leads to no tokens is forgotten.
 *
 * What everybody shares is counted last: requests that are refused use nothing up.
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

/** Seconds until a registration ends that leads to no tokens. */
function lifetimeOf({ lifetimes }: AuthorizationServer, brief: boolean): number {
  const { unusedRegistration, briefRegistration } = lifetimes
  return brief ? Math.min(briefRegistration, unusedRegistration) : unusedRegistration
}

/** What the client did not get, as the operator is told. The client reads it in the response, which has what it got. */
function toldAs(
  leftOut: LeftOut,
  hint: string | undefined,
): Pick<AuthEvent & { type: 'client.registered' }, 'leftOut' | 'hint'> {
  return Object.keys(leftOut).length === 0 ? {} : { leftOut, hint }
}

/** 0 is never (RFC 7591 section 3.2.1): the registration itself may end before that, if nobody uses it. */
function secretExpiresAt({ clientSecretLifetime }: AuthorizationServer, now: number): number {
  return clientSecretLifetime === 0 ? 0 : now + clientSecretLifetime
}

function tooMuch(): OAuthError {
  const description = `The metadata that is understood here must have at most ${largestMetadata} bytes.`
  return new OAuthError('invalid_client_metadata', description)
}

/** A body that cannot be read is bad metadata: the only error that this endpoint has for what clients do wrong. */
async function readMetadata(request: HttpRequest): Promise<unknown> {
  try {
    return await readJson(request, largestRegistration)
  } catch (error) {
    if (!(error instanceof OAuthError) || error.code !== 'invalid_request') throw error
    throw new OAuthError('invalid_client_metadata', error.message, optionsOf(error))
  }
}
