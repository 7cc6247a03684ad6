import { asymmetricAlgorithms } from '../../token-verification/jwt/algorithms.js'
import { clientAuthenticationMethods } from '../clients/authentication-methods.js'
import { grantTypes } from '../clients/permitted-grant-types.js'
import type { AuthorizationServer } from '../server/authorization-server.js'
import { servedEndpoints } from './endpoint-table.js'

/** What the metadata of an authorization server says. */
export interface AuthorizationServerDescription {
  readonly issuer: string
  /** The URLs of the endpoints that are served, by their metadata members. */
  readonly endpoints: Readonly<Record<string, string>>
  /** Whether client IDs may be URLs of metadata documents. */
  readonly clientIdMetadataDocuments?: boolean | undefined
  readonly scopesSupported: readonly string[]
  readonly grantTypes: readonly string[]
  readonly clientAuthenticationMethods: readonly string[]
  readonly serviceDocumentation?: string | undefined
}

/** Describes a server for its metadata. */
export function describeServer(server: AuthorizationServer): AuthorizationServerDescription {
  const endpoints = servedEndpoints(server).flatMap(({ name, metadata }) =>
    metadata === undefined ? [] : [[metadata, server.urls[name]]],
  )
  return {
    issuer: server.issuer,
    endpoints: Object.fromEntries(endpoints),
    clientIdMetadataDocuments: server.clientDocuments !== undefined,
    scopesSupported: server.scopesSupported,
    grantTypes: grantTypesInUse(server),
    clientAuthenticationMethods,
    serviceDocumentation: server.serviceDocumentation,
  }
}

/** Returns the grant types that a client may register for, or is configured for. */
function grantTypesInUse(server: AuthorizationServer): string[] {
  const ofStaticClients = [...server.staticClients.values()].flatMap(({ client }) => client.grant_types)
  return grantTypes.filter(
    (type) => server.grantTypes.registration.includes(type) || ofStaticClients.includes(type),
  )
}

/** The document of RFC 8414 section 2. */
export type AuthorizationServerMetadata = Readonly<Record<string, string | boolean | readonly string[]>> & {
  readonly issuer: string
}

/**
 * Builds the metadata document of an authorization server.
 *
 * @see [RFC 8414 section 2](https://www.rfc-editor.org/rfc/rfc8414.html#section-2)
 */
export function buildAuthorizationServerMetadata(
  server: AuthorizationServerDescription,
): AuthorizationServerMetadata {
  const methods = server.clientAuthenticationMethods
  return {
    issuer: server.issuer,
    ...server.endpoints,
    ...(server.scopesSupported.length === 0 ? {} : { scopes_supported: server.scopesSupported }),
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: server.grantTypes,
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_methods_supported: methods.filter((method) => method !== 'none'),
    ...(methods.includes('private_key_jwt') ? signingAlgorithms : {}),
    authorization_response_iss_parameter_supported: true,
    ...(server.clientIdMetadataDocuments === true ? { client_id_metadata_document_supported: true } : {}),
    ...(server.serviceDocumentation === undefined
      ? {}
      : { service_documentation: server.serviceDocumentation }),
  }
}

/**
 * Builds the same metadata as an OpenID Connect document, for clients that look only for that. It has every member that
 * OpenID Connect Discovery requires, because clients refuse an incomplete document.
 *
 * This server issues no ID tokens. The list of their algorithms is the shortest that the specification allows.
 *
 * @see [OpenID Connect Discovery section 3](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata)
 */
export function buildOpenIdConfiguration(
  server: AuthorizationServerDescription,
): AuthorizationServerMetadata {
  return {
    ...buildAuthorizationServerMetadata(server),
    // A user has the same `sub` for all clients.
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    // A missing member would mean that it is supported.
    request_uri_parameter_supported: false,
  }
}

/** The algorithms of client assertions, which are the same at every endpoint (RFC 8414 section 2). */
const signingAlgorithms = {
  token_endpoint_auth_signing_alg_values_supported: asymmetricAlgorithms,
  revocation_endpoint_auth_signing_alg_values_supported: asymmetricAlgorithms,
  introspection_endpoint_auth_signing_alg_values_supported: asymmetricAlgorithms,
}
