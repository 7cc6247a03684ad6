import * as base64url from 'jose/base64url'
import type { HttpRequest } from '../../http/http-request.js'
import { formDecode, type RequestParameters } from '../../http/request-parameters.js'
import { OAuthError } from '../../oauth/oauth-error.js'
import { decodeJws } from '../../token-verification/jwt/jws.js'
import type { ClientAuthenticationMethod } from '../clients/authentication-methods.js'

/** What a client sends to prove who it is, by its method. */
interface CredentialsByMethod extends Record<ClientAuthenticationMethod, object> {
  readonly none: object
  readonly client_secret_basic: SecretCredentials
  readonly client_secret_post: SecretCredentials
  readonly private_key_jwt: AssertionCredentials
}

interface SecretCredentials {
  /** The secret. For Basic, both readings of it, because many clients leave out the form-encoding. */
  readonly secrets: readonly string[]
}

interface AssertionCredentials {
  /** A JWT that the client signed, unchecked. */
  readonly assertion: string
}

/** The credentials of one request, by exactly one method (RFC 6749 section 2.3). */
export type PresentedCredentials<Method extends ClientAuthenticationMethod = ClientAuthenticationMethod> = {
  [M in Method]: { readonly method: M; readonly clientId: string } & CredentialsByMethod[M]
}[Method]

/**
 * Reads the credentials of a request to the token, revocation or introspection endpoint. Ignores the query, because
 * credentials in a URL end up in logs. Does **not** check the credentials.
 *
 * @throws `invalid_request` for more than one method, `invalid_client` for none or for ones that cannot be read.
 * @see [RFC 6749 section 2.3.1](https://www.rfc-editor.org/rfc/rfc6749.html#section-2.3.1)
 */
export function readPresentedCredentials(
  request: HttpRequest,
  form: RequestParameters,
): PresentedCredentials {
  const authorization = request.header('authorization')
  const clientId = form.get('client_id')
  const secret = form.get('client_secret')
  if (authorization !== undefined) {
    const basic = readBasic(authorization)
    if (secret !== undefined || hasAssertion(form)) throw moreThanOneMethod()
    if (clientId !== undefined && clientId !== basic.clientId) {
      throw new OAuthError(
        'invalid_request',
        'The client_id differs from the one in the Authorization header.',
      )
    }
    return basic
  }
  if (hasAssertion(form)) {
    if (secret !== undefined) throw moreThanOneMethod()
    return readAssertion(form, clientId)
  }
  if (clientId === undefined) throw new OAuthError('invalid_client', 'The request names no client.')
  return secret === undefined
    ? { method: 'none', clientId }
    : { method: 'client_secret_post', clientId, secrets: [secret] }
}

function moreThanOneMethod(): OAuthError {
  return new OAuthError('invalid_request', 'The client used more than one authentication method.')
}

function hasAssertion(form: RequestParameters): boolean {
  return form.get('client_assertion') !== undefined || form.get('client_assertion_type') !== undefined
}

/** @see [RFC 7523 section 2.2](https://www.rfc-editor.org/rfc/rfc7523.html#section-2.2) */
const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** The subject of the assertion is the client (RFC 7521 section 4.2). A `client_id` in the form must be the same. */
function readAssertion(
  form: RequestParameters,
  clientId: string | undefined,
): PresentedCredentials<'private_key_jwt'> {
  const assertion = form.get('client_assertion')
  const subject = assertion === undefined ? undefined : decodeJws(assertion)?.claims.sub
  const isReadable = form.get('client_assertion_type') === jwtBearer && typeof subject === 'string'
  if (assertion === undefined || !isReadable || subject !== (clientId ?? subject)) {
    throw new OAuthError('invalid_client', 'The client could not be authenticated.', {
      reason: 'assertion_malformed',
    })
  }
  return { method: 'private_key_jwt', clientId: subject, assertion }
}

function readBasic(authorization: string): PresentedCredentials<'client_secret_basic'> {
  const encoded = /^basic +([\w\-+/]+)={0,2} *$/i.exec(authorization)?.[1]
  const text = encoded === undefined ? undefined : decodeBase64(encoded)
  const colon = text?.indexOf(':') ?? -1
  if (text === undefined || colon < 1) {
    throw new OAuthError('invalid_client', 'The Authorization header is not valid Basic authentication.', {
      challenge: basicChallenge,
    })
  }
  const secret = text.slice(colon + 1)
  return {
    method: 'client_secret_basic',
    clientId: decodeOrKeep(text.slice(0, colon)),
    secrets: [...new Set([decodeOrKeep(secret), secret])],
  }
}

/** Sent only to a client that used the `Authorization` header (RFC 6749 section 5.2). */
export const basicChallenge = 'Basic realm="token", charset="UTF-8"'

function decodeBase64(encoded: string): string | undefined {
  try {
    const alphabet = encoded.replaceAll('+', '-').replaceAll('/', '_')
    return new TextDecoder('utf-8', { fatal: true }).decode(base64url.decode(alphabet))
  } catch {
    return undefined
  }
}

function decodeOrKeep(text: string): string {
  try {
    return formDecode(text)
  } catch {
    return text
  }
}
