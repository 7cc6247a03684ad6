import { cacheableJson, type HttpResponse } from '../http/http-response.js'
import type { Route } from '../http/route.js'
import { metadataRoutes } from '../metadata/metadata-routes.js'
import { openIdConfigurationPaths, wellKnownPath } from '../metadata/well-known-path.js'
import { clientAuthenticationMethods } from './clients/authentication-methods.js'
import { grantTypes } from './clients/grant-types.js'
import { authorize } from './endpoints/authorize.js'
import { answerConsent } from './endpoints/consent.js'
import { introspectToken } from './endpoints/introspect.js'
import {
  type AuthorizationServerDescription,
  buildAuthorizationServerMetadata,
  buildOpenIdConfiguration,
} from './endpoints/metadata-document.js'
import { registerClient } from './endpoints/register.js'
import { revokeToken } from './endpoints/revoke.js'
import { clientRoutes, pageRoutes } from './serve-endpoint.js'
import type { AuthorizationServer } from './server/authorization-server.js'
import type { ServerCall } from './server/server-call.js'
import { jwksMaxAge } from './signing/key-ring.js'
import { tokenRoutes } from './token-handler.js'

/** Everything that an authorization server answers. Start reading here. */
export function authorizationServerRoutes(server: AuthorizationServer): Route[] {
  return [
    ...metadataRoutes([wellKnownPath('oauth-authorization-server', server.issuer)], () =>
      buildAuthorizationServerMetadata(describe(server)),
    ),
    ...metadataRoutes(openIdConfigurationPaths(server.issuer), () =>
      buildOpenIdConfiguration(describe(server)),
    ),
    ...clientRoutes(server, 'jwks', { GET: publishKeys, HEAD: publishKeys }),
    ...pageRoutes(server, 'authorize', { GET: authorize, POST: authorize }),
    ...pageRoutes(server, 'consent', { POST: answerConsent }),
    ...tokenRoutes(server),
    ...(server.dynamicRegistration !== false
      ? clientRoutes(server, 'register', { POST: registerClient })
      : []),
    ...clientRoutes(server, 'revoke', { POST: revokeToken }),
    ...clientRoutes(server, 'introspect', { POST: introspectToken }),
  ]
}

async function publishKeys({ server: { signingKeys } }: ServerCall): Promise<HttpResponse> {
  return cacheableJson(await signingKeys.jwks(), jwksMaxAge)
}

/** The grants that any client can use. */
function grantTypesInUse(server: AuthorizationServer): string[] {
  const ofStaticClients = [...server.staticClients.values()].flatMap(({ client }) => client.grant_types)
  return grantTypes.filter(
    (type) => server.grantTypes.registration.includes(type) || ofStaticClients.includes(type),
  )
}

function describe(server: AuthorizationServer): AuthorizationServerDescription {
  const { urls } = server
  return {
    issuer: server.issuer,
    authorizationEndpoint: urls.authorize,
    tokenEndpoint: urls.token,
    jwksUri: urls.jwks,
    clientIdMetadataDocuments: server.clientDocuments !== undefined,
    registrationEndpoint: server.dynamicRegistration === false ? undefined : urls.register,
    revocationEndpoint: urls.revoke,
    introspectionEndpoint: urls.introspect,
    scopesSupported: server.scopesSupported,
    grantTypes: grantTypesInUse(server),
    clientAuthenticationMethods,
    serviceDocumentation: server.serviceDocumentation,
  }
}
