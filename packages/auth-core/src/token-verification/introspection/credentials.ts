import type { JWK } from 'jose'
import type { OptionTable } from '../../options/option-table.js'
import { oneOf, option, text } from '../../options/rows.js'

/** How this server authenticates to the introspection endpoint. */
export type IntrospectionCredentials =
  | {
      /** Default: `client_secret_basic`. */
      readonly clientAuthMethod?: 'client_secret_basic' | 'client_secret_post' | undefined
      readonly clientSecret: string
    }
  | {
      readonly clientAuthMethod: 'private_key_jwt'
      /** The private key as a JWK with `alg`, and with `kid` if the endpoint knows several keys of this server. */
      readonly privateKey: JWK & { readonly alg: string }
      /** The `aud` of the assertion. Default: `issuer`, as in OAuth 2.1, otherwise the URL of the endpoint. */
      readonly assertionAudience?: string | undefined
    }

export function introspectionCredentialsTable() {
  return {
    clientAuthMethod: oneOf('client_secret_basic', 'client_secret_post', 'private_key_jwt'),
    clientSecret: text(),
    privateKey: option('be a private key as a JWK, with its "alg"', isPrivateJwk),
    assertionAudience: text(),
  } satisfies OptionTable<IntrospectionCredentials>
}

function isPrivateJwk(value: unknown): boolean {
  const { kty, alg, d } = (value ?? {}) as Partial<JWK>
  return typeof kty === 'string' && typeof alg === 'string' && typeof d === 'string'
}

/** @throws `TypeError` for options that do not fit the method. An unused key suggests that a key was meant to be used. */
export function checkCredentials(credentials: IntrospectionCredentials): void {
  const { clientAuthMethod: method = 'client_secret_basic' } = credentials
  const [needed, unused] =
    method === 'private_key_jwt'
      ? ['privateKey', undefined]
      : ['clientSecret', ['privateKey', 'assertionAudience'].find((name) => name in credentials)]
  if (unused !== undefined) {
    throw new TypeError(
      `IntrospectionTokenVerifier: "${unused}" must not be set with ${method}. Remove it, or set "clientAuthMethod": "private_key_jwt".`,
    )
  }
  if (!(needed in credentials))
    throw new TypeError(`IntrospectionTokenVerifier: "${needed}" must be set with ${method}.`)
}

/** The client that authenticates, and the endpoint. */
export type IntrospectionClient = IntrospectionCredentials & {
  readonly clientId: string
  readonly introspectionUrl: string
  readonly issuer?: string | undefined
}

/** The headers or form parameters that authenticate a request to the endpoint. */
export async function presentCredentials(
  client: IntrospectionClient,
  now: number,
): Promise<{ readonly headers?: Record<string, string>; readonly parameters?: Record<string, string> }> {
  const { clientId } = client
  if (client.clientAuthMethod === 'private_key_jwt') {
    const { privateKey, issuer = client.introspectionUrl } = client
    const { assertionAudience: audience = issuer } = client
    const { signClientAssertion } = await import('./sign-client-assertion.js')
    return {
      parameters: {
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await signClientAssertion({ clientId, audience, privateKey, now }),
      },
    }
  }
  const { clientSecret } = client
  if (client.clientAuthMethod === 'client_secret_post') {
    return { parameters: { client_id: clientId, client_secret: clientSecret } }
  }
  return {
    headers: { authorization: `Basic ${btoa(`${formEncode(clientId)}:${formEncode(clientSecret)}`)}` },
  }
}

/** Both halves of Basic credentials are form-encoded first (RFC 6749 section 2.3.1). */
function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}
