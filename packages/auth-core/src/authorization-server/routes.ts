import type { Route } from '../http/route.js'
import { metadataRoutes } from '../metadata/metadata-routes.js'
import { openIdConfigurationPaths, wellKnownPath } from '../metadata/well-known-path.js'
import { servedEndpoints } from './endpoints/endpoint-table.js'
import {
  buildAuthorizationServerMetadata,
  buildOpenIdConfiguration,
  describeServer,
} from './endpoints/metadata-document.js'
import { serveEndpoint } from './serve-endpoint.js'
import type { AuthorizationServer } from './server/authorization-server.js'

/** Returns the routes of all endpoints of an authorization server, and of its metadata. Start reading here. */
export function authorizationServerRoutes(server: AuthorizationServer): Route[] {
  return [
    ...metadataRoutes([wellKnownPath('oauth-authorization-server', server.issuer)], () =>
      buildAuthorizationServerMetadata(describeServer(server)),
    ),
    ...metadataRoutes(openIdConfigurationPaths(server.issuer), () =>
      buildOpenIdConfiguration(describeServer(server)),
    ),
    ...servedEndpoints(server).flatMap((endpoint) => serveEndpoint(server, endpoint)),
  ]
}
