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

/** What a document must have besides valid metadata, and the members that its authentication method is chosen from. */
const documentSchema = z.object({
  client_id: z.string(),
  client_name: z.string(),
  redirect_uris: z.array(z.string()).check(z.minLength(1)),
  token_endpoint_auth_method: z.optional(z.string()),
  token_endpoint_auth_methods_supported: z.optional(z.array(z.string())),
})

export interface DocumentPolicy extends ClientMetadataPolicy {
  /** The client authentication methods that documents may name. */
  readonly authenticationMethods: readonly string[]
  /** Whether to leave out redirect URIs that are neither of the document's origin nor on loopback. */
  readonly sameOriginRedirects: boolean
}

/**
 * Checks a client's metadata document and returns the client that it describes. The rules are those of registrations,
 * with these differences: the document names its own URL, has a name and redirect URIs, and has no secrets.
 *
 * @throws `DocumentError` that says what is wrong.
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
    throw new DocumentError((cause as Error).message, { meaning: 'gone' })
  }
}

function clientOf(published: unknown, clientId: string, policy: DocumentPolicy): OAuthClient {
  const { document } = negotiatedMetadata(published, policy)
  const parsed = z.safeParse(documentSchema, document)
  if (!parsed.success)
    throw new Error(`${String(parsed.error.issues[0]?.path[0] ?? 'the document')} is malformed`)
  const { client_id } = parsed.data
  if (client_id !== clientId) throw new Error('client_id is not the URL of the document')
  // The document is public, so a secret in it would be, too.
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
 * The method that the document names or, if this server does not support that, the first supported one of the others that
 * it offers. Without either, the client is public: the default of registrations would need a secret.
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
  if (method === undefined) throw new Error('no method of client authentication is supported here')
  return method
}

/** Leaves out redirect URIs of other origins: a document may have some for other servers. */
function ofSameOrigin(metadata: ClientMetadata, clientId: string): ClientMetadata {
  const redirect_uris = metadata.redirect_uris.filter((uri) => {
    const { protocol, hostname } = new URL(uri)
    // The host of a private-use URI is not a host on the network.
    const isLoopback = /^https?:$/.test(protocol) && isLoopbackHost(hostname)
    return isLoopback || urlOrigin(uri) === urlOrigin(clientId)
  })
  if (redirect_uris.length === 0) throw new Error('no redirect URI has the origin of the document')
  return { ...metadata, redirect_uris }
}
