import { type OptionNames, refuseUnknownOptions } from '../../options/unknown-options.js'
import { asymmetricAlgorithms } from '../../token-verification/jwt/algorithms.js'

/** What the metadata of an authorization server says. Endpoints that are off are left out. */
export interface AuthorizationServerDescription {
  readonly issuer: string
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly jwksUri: string
  readonly revocationEndpoint: string
  readonly introspectionEndpoint: string
  readonly registrationEndpoint?: string | undefined
  /** Whether client ids may be URLs of metadata documents. */
  readonly clientIdMetadataDocuments?: boolean | undefined
  readonly scopesSupported: readonly string[]
  readonly grantTypes: readonly string[]
  readonly clientAuthenticationMethods: readonly string[]
  readonly serviceDocumentation?: string | undefined
}

const memberNames = {
  issuer: true,
  authorizationEndpoint: true,
  tokenEndpoint: true,
  jwksUri: true,
  revocationEndpoint: true,
  introspectionEndpoint: true,
  registrationEndpoint: true,
  clientIdMetadataDocuments: true,
  scopesSupported: true,
  grantTypes: true,
  clientAuthenticationMethods: true,
  serviceDocumentation: true,
} as const satisfies OptionNames<AuthorizationServerDescription>

/** The document of RFC 8414 section 2. */
export type AuthorizationServerMetadata = Readonly<Record<string, string | boolean | readonly string[]>> & {
  readonly issuer: string
}

/** @see [RFC 8414 section 2](https://www.rfc-editor.org/rfc/rfc8414.html#section-2) */
export function buildAuthorizationServerMetadata(
  server: AuthorizationServerDescription,
): AuthorizationServerMetadata {
  refuseUnknownOptions('buildAuthorizationServerMetadata', server, memberNames)
  const methods = server.clientAuthenticationMethods
  return {
    issuer: server.issuer,
    authorization_endpoint: server.authorizationEndpoint,
    token_endpoint: server.tokenEndpoint,
    jwks_uri: server.jwksUri,
    ...(server.registrationEndpoint === undefined
      ? {}
      : { registration_endpoint: server.registrationEndpoint }),
    revocation_endpoint: server.revocationEndpoint,
    introspection_endpoint: server.introspectionEndpoint,
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
 * The same as an OpenID Connect document, for clients that look for nothing else. It has every member that OpenID Connect
 * Discovery requires, because clients refuse half a document.
 *
 * This server issues no ID tokens, and `response_types_supported` offers none. So the list of their algorithms describes
 * nothing: it is the shortest that the specification allows.
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
    // To leave it out would say that it is supported.
    request_uri_parameter_supported: false,
  }
}

/** What clients may sign assertions with (RFC 8414 section 2). The same everywhere, because the same code is asked. */
const signingAlgorithms = {
  token_endpoint_auth_signing_alg_values_supported: asymmetricAlgorithms,
  revocation_endpoint_auth_signing_alg_values_supported: asymmetricAlgorithms,
  introspection_endpoint_auth_signing_alg_values_supported: asymmetricAlgorithms,
}
