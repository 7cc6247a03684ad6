import { isLoopbackHost } from '../../options/url.js'
import { localHostProblem } from '../../outbound/public-url.js'
import { type AllowedRedirectUri, isAllowedRedirectUri } from './allowed-redirect-uris.js'
import { isPrivateUseUri, malformation } from './redirect-uri.js'

/** Which redirect URIs a client may have, by who vouches for it. */
export interface RedirectUriRules {
  /** The private-use ones: `any` if the operator wrote them down one by one. */
  readonly privateUse: readonly AllowedRedirectUri[] | 'any'
  /** The hosts that may have http. */
  readonly http: 'loopback' | 'private-network' | 'any'
  /** Whether clients of `application_type` `web` may have https websites alone. */
  readonly enforceApplicationType: boolean
}

/** Why a client cannot have a redirect URI. */
export interface RedirectUriProblem {
  /**
   * - `malformed`: no server can allow it.
   * - `not_allowed`: this server does not allow it, but another one may: of several, it can be left out.
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
 * https anywhere, http on loopback, private-use URIs that are listed, and what else the rules say. No fragment, no user
 * information, no wildcard, nothing that a browser would read differently from this check.
 *
 * @param applicationType What the client says that it is, if it is known.
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
  hint: 'List the URI in "allowedRedirectUris", if you trust what opens it.',
}

const notOfWebsite: RedirectUriProblem = {
  kind: 'not_allowed',
  text: 'is not https of a website, which application_type web needs',
  hint: 'The client must register with application_type native, or set "enforceApplicationType" to false.',
}

/** Public hosts can have https. */
function httpProblem(hostname: string): RedirectUriProblem {
  return localHostProblem(hostname) === undefined
    ? { kind: 'not_allowed', text: 'is http, and its host is not loopback' }
    : {
        kind: 'not_allowed',
        text: 'is http on a private network, which is for clients in the option clients',
        hint: 'Name the client in "clients", if it is yours.',
      }
}

function mayHaveHttp(hostname: string, hosts: RedirectUriRules['http']): boolean {
  if (hosts === 'any' || isLoopbackHost(hostname)) return true
  return hosts === 'private-network' && localHostProblem(hostname) !== undefined
}
