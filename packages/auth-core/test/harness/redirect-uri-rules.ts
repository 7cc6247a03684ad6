import type { AllowedRedirectUri } from '../../src/authorization-server/clients/allowed-redirect-uris.js'
import type { RedirectUriRules } from '../../src/authorization-server/clients/redirect-uri-rules.js'

/** The rules for clients that the operator did not configure. */
export function rulesForStrangers(
  privateUse: readonly AllowedRedirectUri[] = [],
  changes: Partial<RedirectUriRules> = {},
): RedirectUriRules {
  return { privateUse, http: 'loopback', enforceApplicationType: false, ...changes }
}

/** The rules for clients of the option `clients`. */
export const rulesForNamed: RedirectUriRules = {
  privateUse: 'any',
  http: 'private-network',
  enforceApplicationType: false,
}
