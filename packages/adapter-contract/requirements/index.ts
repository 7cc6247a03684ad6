import { resourceServer } from './a-resource-server.js'
import { metadata } from './b-metadata.js'
import { authorizationEndpoint } from './c-authorization-endpoint.js'
import { tokenEndpoint } from './d-token-endpoint.js'
import { clientAuthentication } from './e-client-authentication.js'
import { registration } from './f-registration.js'
import { clientDocuments } from './g-client-documents.js'
import { revocation } from './h-revocation.js'
import { introspection } from './i-introspection.js'
import { boundTokens } from './j-bound-tokens.js'
import { transport } from './l-transport.js'
import { outbound } from './m-outbound.js'
import { storage } from './n-storage.js'
import { secrecy } from './o-secrecy.js'
import type { Requirement } from './requirement.js'

/** Everything that the library claims. What is not listed here is not promised. */
export const requirements: readonly Requirement[] = [
  ...resourceServer,
  ...metadata,
  ...authorizationEndpoint,
  ...tokenEndpoint,
  ...clientAuthentication,
  ...registration,
  ...clientDocuments,
  ...revocation,
  ...introspection,
  ...boundTokens,
  ...transport,
  ...outbound,
  ...storage,
  ...secrecy,
]
