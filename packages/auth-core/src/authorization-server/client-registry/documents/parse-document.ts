import * as z from 'zod/mini'
import { isLoopbackHost, urlOrigin } from '../../../options/url.js'
import type { OAuthClient } from '../../clients/client.js'
import {
  type ClientMetadata,
  type ClientMetadataPolicy,
  checkClientMetadata,
} from '../../clients/client-metadata.js'
import { negotiatedMetadata } from '../../clients/negotiated-metadata.js'
import { DocumentError } from './document-error.js'

/** What a document must have besides valid metadata, and what its method of client authentication is chosen from. */
const documentSchema = z.object({
  client_id: z.string(),
  client_name: z.string(),
  redirect_uris: z.array(z.string()).check(z.minLength(1)),
  token_endpoint_auth_method: z.optional(z.string()),
  token_endpoint_auth_methods_supported: z.optional(z.array(z.string())),
})

export interface DocumentPolicy extends ClientMetadataPolicy {
  /** The methods of client authentication that documents may name here. */
  readonly authenticationMethods: readonly string[]
  /** Whether redirect URIs are left out that are neither of the same origin as the document nor on loopback. */
  readonly sameOriginRedirects: boolean
}

/**
 * Checks a client's metadata document, and makes of it the client that it describes. It is judged by the rules of
 * registrations, with these differences: it names itself, it has a name and redirect URIs, and it has no secrets.
 *
 * @throws `DocumentError` that says what is wrong with it.
 * @see [Client ID Metadata Document section 4.1](https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-00#section-4.1)
 */
export function checkClientDocument(
  document: unknown,
  clientId: string,
  policy: DocumentPolicy,
): OAuthClient {
  try {
    return clientOf(document, clientId, policy)
  } catch (cause) {
    throw new DocumentError((cause as Error).message, { isAnswer: true })
  }
}

function clientOf(published: unknown, clientId: string, policy: DocumentPolicy): OAuthClient {
  const { document } = negotiatedMetadata(published, policy)
  const parsed = z.safeParse(documentSchema, document)
  if (!parsed.success)
    throw new Error(`${String(parsed.error.issues[0]?.path[0] ?? 'the document')} is malformed`)
  const { client_id } = parsed.data
  if (client_id !== clientId) throw new Error('client_id is not the URL of the document')
  // Whoever can read the document could use the secret.
  if (Object.hasOwn(document as object, 'client_secret'))
    throw new Error('client_secret has no place in a document')
  if (Object.hasOwn(document as object, 'client_secret_expires_at')) {
    throw new Error('client_secret_expires_at has no place in a document')
  }
  const metadata = checkClientMetadata(
    {
      ...(document as object),
      token_endpoint_auth_method: negotiatedMethod(parsed.data, policy.authenticationMethods),
    },
    policy,
  )
  if (metadata.client_name === undefined) throw new Error('client_name is empty')
  return {
    client_id: clientId,
    ...(policy.sameOriginRedirects ? ofSameOrigin(metadata, clientId) : metadata),
  }
}

/**
 * The method that the document names; if it cannot be used here, the first of the others that it offers. A document
 * without either is of a public client: the default of registrations would need a secret.
 */
function negotiatedMethod(
  document: Pick<z.infer<typeof documentSchema>, `token_endpoint_auth_method${'' | 's_supported'}`>,
  usable: readonly string[],
): string {
  const { token_endpoint_auth_method: preferred, token_endpoint_auth_methods_supported: others = [] } =
    document
  if (preferred?.startsWith('client_secret_')) throw new Error(`${preferred} needs a secret`)
  const offered = preferred === undefined ? others : [preferred, ...others]
  const method = offered.length === 0 ? 'none' : offered.find((one) => usable.includes(one))
  if (method === undefined) throw new Error('no method of client authentication is one that is usable here')
  return method
}

/** Without the redirect URIs of other origins: of several that the document has, some may be for other servers. */
function ofSameOrigin(metadata: ClientMetadata, clientId: string): ClientMetadata {
  const redirect_uris = metadata.redirect_uris.filter((uri) => {
    const { protocol, hostname } = new URL(uri)
    // What a scheme of an application's own calls its host is no place on the network.
    const isLoopback = /^https?:$/.test(protocol) && isLoopbackHost(hostname)
    return isLoopback || urlOrigin(uri) === urlOrigin(clientId)
  })
  if (redirect_uris.length === 0) throw new Error('every redirect URI is of another origin than the document')
  return { ...metadata, redirect_uris }
}
