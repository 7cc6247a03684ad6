import type { GrantType } from '../clients/permitted-grant-types.js'
import { prepareCodeExchange } from './authorization-code.js'
import { prepareClientCredentials } from './client-credentials.js'
import type { Grant } from './grant.js'
import { prepareRefresh } from './refresh-token.js'

const table = {
  authorization_code: prepareCodeExchange,
  refresh_token: prepareRefresh,
  client_credentials: prepareClientCredentials,
} as const satisfies Record<GrantType, Grant>

/** The grants of the token endpoint, by `grant_type`. */
export const grants: ReadonlyMap<string, Grant> = new Map(Object.entries(table))
