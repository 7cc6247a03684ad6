import type { JWK } from 'jose'

/** How this resource server proves who it is to the introspection endpoint. */
export type IntrospectionCredentials =
  | {
      /** Default: `client_secret_basic`. */
      readonly clientAuthMethod?: 'client_secret_basic' | 'client_secret_post' | undefined
      readonly clientSecret: string
    }
  | {
      readonly clientAuthMethod: 'private_key_jwt'
      /** The private key as a JWK, with its `alg`. A server that knows several of them needs the `kid`, too. */
      readonly privateKey: JWK & { readonly alg: string }
      /** Who the assertion is for. Default: `issuer`, as OAuth 2.1 wants it, or the endpoint's URL if none is set. */
      readonly assertionAudience?: string | undefined
    }

/** @throws `TypeError`, naming the option. */
export function checkCredentials(credentials: IntrospectionCredentials): void {
  const method: string = credentials.clientAuthMethod ?? 'client_secret_basic'
  if (!['client_secret_basic', 'client_secret_post', 'private_key_jwt'].includes(method)) {
    throw new TypeError(
      '"clientAuthMethod" must be client_secret_basic, client_secret_post or private_key_jwt',
    )
  }
  refuseUnusedKey(method, credentials)
  if (credentials.clientAuthMethod === 'private_key_jwt') {
    const { kty, alg, d } = credentials.privateKey ?? {}
    if (typeof kty !== 'string' || typeof alg !== 'string' || typeof d !== 'string')
      throw new TypeError('"privateKey" must be a private key as a JWK, with its "alg"')
  } else if (typeof credentials.clientSecret !== 'string' || credentials.clientSecret === '') {
    throw new TypeError('"clientSecret" is missing')
  }
}

/** Whoever gives a key means to authenticate with it: a secret is the weaker proof. */
function refuseUnusedKey(method: string, credentials: object): void {
  const unused = ['privateKey', 'assertionAudience'].find(
    (name) => Reflect.get(credentials, name) !== undefined,
  )
  if (method === 'private_key_jwt' || unused === undefined) return
  throw new TypeError(
    `IntrospectionTokenVerifier: "${unused}" has no effect with ${method}. Set "clientAuthMethod": "private_key_jwt", or remove it.`,
  )
}

/** Who shows credentials, and to whom. */
type IntrospectionClient = IntrospectionCredentials & {
  readonly clientId: string
  readonly introspectionUrl: string
  readonly issuer?: string | undefined
}

/** What a request to the endpoint must have for its sender to be believed: headers, or parameters of its form. */
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
