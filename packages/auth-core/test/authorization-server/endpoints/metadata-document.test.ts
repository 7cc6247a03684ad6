import { expect, test } from 'vitest'
import {
  type AuthorizationServerDescription,
  buildAuthorizationServerMetadata,
} from '../../../src/authorization-server/endpoints/metadata-document.js'

const description: AuthorizationServerDescription = {
  issuer: 'https://as.example',
  endpoints: {
    authorization_endpoint: 'https://as.example/authorize',
    token_endpoint: 'https://as.example/token',
    jwks_uri: 'https://as.example/jwks',
    revocation_endpoint: 'https://as.example/revoke',
    introspection_endpoint: 'https://as.example/introspect',
  },
  scopesSupported: [],
  grantTypes: ['authorization_code', 'refresh_token'],
  clientAuthenticationMethods: ['none', 'client_secret_basic'],
}

test('B-03 B-05 B-06 B-08 B-10 B-11 B-13 B-20 B-28 metadata has every required member, and nothing that is not served', () => {
  expect(buildAuthorizationServerMetadata(description)).toEqual({
    issuer: 'https://as.example',
    authorization_endpoint: 'https://as.example/authorize',
    token_endpoint: 'https://as.example/token',
    jwks_uri: 'https://as.example/jwks',
    revocation_endpoint: 'https://as.example/revoke',
    introspection_endpoint: 'https://as.example/introspect',
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['none', 'client_secret_basic'],
    revocation_endpoint_auth_methods_supported: ['none', 'client_secret_basic'],
    introspection_endpoint_auth_methods_supported: ['client_secret_basic'],
    authorization_response_iss_parameter_supported: true,
  })
})

test('B-10 B-19 B-27 metadata has what the options configure', () => {
  expect(
    buildAuthorizationServerMetadata({
      ...description,
      endpoints: { registration_endpoint: 'https://as.example/register' },
      scopesSupported: ['a'],
      serviceDocumentation: 'https://as.example/docs',
    }),
  ).toMatchObject({
    registration_endpoint: 'https://as.example/register',
    scopes_supported: ['a'],
    service_documentation: 'https://as.example/docs',
  })
})
