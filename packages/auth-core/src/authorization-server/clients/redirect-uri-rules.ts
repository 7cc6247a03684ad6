import { isLoopbackHost } from '../../options/url.js'
import { localHostProblem } from '../../outbound/public-url.js'
import { type AllowedRedirectUri, isAllowedRedirectUri } from './allowed-redirect-uris.js'
import { isPrivateUseUri, malformation } from './redirect-uri.js'

/** Which redirect URIs a client may have. Depends on where the client comes from. */
export interface RedirectUriRules {
  /** The private-use URIs: `any` for configured clients, whose URIs the operator wrote. */
  readonly privateUse: readonly AllowedRedirectUri[] | 'any'
  /** The hosts that may use http. */
  readonly http: 'loopback' | 'private-network' | 'any'
  /** Whether clients with `application_type` `web` may have https websites only. */
  readonly enforceApplicationType: boolean
}

/** Why a client cannot have a redirect URI. */
export interface RedirectUriProblem {
  /**
   * - `malformed`: no server can allow it.
   * - `not_allowed`: this server does not allow it, but another may. It can be left out of several.
   */
  readonly kind: 'malformed' | 'not_allowed'
  /** The rest of a sentence that begins with "The redirect URI". */
  readonly text: string
  /** What the operator can do. */
  readonly hint?: string
}

/**
 * Why a client cannot have a redirect URI, or `undefined` if it can.
 *
 * Allows https anywhere, http on loopback, listed private-use URIs, and what else the rules allow. Refuses fragments, user
 * information, wildcards, and anything that a browser would read differently.
 *
 * @param applicationType The client's `application_type`, if it has one.
 * @see [RFC 6749 section 3.1.2](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.1.2)
 * @see [RFC 9700 section 4.1.3](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.1.3)
 */
export function redirectUriProblem(
  uri: string,
  rules: RedirectUriRules,
  applicationType?: string,
): RedirectUriProblem | undefined {
  const malformed = malformation(uri)
  if (malformed !== undefined) return { kind: 'malformed', text: malformed }
  const { protocol, hostname } = new URL(uri)
  if (rules.enforceApplicationType && applicationType === 'web') {
    if (protocol !== 'https:' || isLoopbackHost(hostname)) return notOfWebsite
  }
  if (protocol === 'https:') return undefined
  if (protocol === 'http:') return mayHaveHttp(hostname, rules.http) ? undefined : httpProblem(hostname)
  const isListed =
    rules.privateUse === 'any' ? isPrivateUseUri(uri) : isAllowedRedirectUri(uri, rules.privateUse)
  return isListed ? undefined : notListed
}

const notListed: RedirectUriProblem = {
  kind: 'not_allowed',
  text: 'is not in allowedRedirectUris of this server',
  hint: 'If you trust the program that opens it, add the URI to "allowedRedirectUris".',
}

const notOfWebsite: RedirectUriProblem = {
  kind: 'not_allowed',
  text: 'is not an https website, which application_type web needs',
  hint: 'The client must register with application_type native. Or set "enforceApplicationType" to false.',
}

/** Public hosts can have https. */
function httpProblem(hostname: string): RedirectUriProblem {
  return localHostProblem(hostname) === undefined
    ? { kind: 'not_allowed', text: 'is http, and its host is not loopback' }
    : {
        kind: 'not_allowed',
        text: 'is http on a private network, which is for clients in the option clients',
        hint: 'If the client is yours, configure it in "clients".',
      }
}

function mayHaveHttp(hostname: string, hosts: RedirectUriRules['http']): boolean {
  if (hosts === 'any' || isLoopbackHost(hostname)) return true
  return hosts === 'private-network' && localHostProblem(hostname) !== undefined
}
