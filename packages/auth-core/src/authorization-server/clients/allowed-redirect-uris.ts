import { refuseUnknownOptions } from '../../options/unknown-options.js'
import { isPrivateUseUri, malformation } from './redirect-uri.js'
import { wellKnownRedirectUris } from './well-known-redirect-uris.js'

/**
 * A private-use redirect URI that clients may have: the exact string, or a prefix, for clients that append a path.
 *
 * A prefix ends with `/`, and begins with an authority (`vscode://publisher.extension/callback/`) or a reverse domain name
 * (`com.example.app:/`). A shorter prefix would allow every deep link of a program. Below a prefix, a URI has path segments
 * of letters, digits and `-._~`, except `.` and `..`, and no query.
 */
export type AllowedRedirectUri = string | { readonly prefix: string }

/** An authority, or a reverse domain name with or without one; then segments that end with `/`. */
const prefixPattern =
  /^(?:[a-z][a-z0-9+-]*:\/\/[\w.~-]+|[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:(?:\/\/[\w.~-]+)?)\/(?:[\w.~-]+\/)*$/

/** What may follow a prefix. Programs read anything else, such as `%2e`, `\` and `?`, in different ways. */
const belowPrefix = /^(?:[\w.~-]+(?:\/[\w.~-]+)*\/?)?$/

const dotSegment = /(?:^|\/)\.{1,2}(?:\/|$)/

/** Whether the list allows a private-use redirect URI. */
export function isAllowedRedirectUri(uri: string, allowed: readonly AllowedRedirectUri[]): boolean {
  return allowed.some((one) => (typeof one === 'string' ? one === uri : isBelow(uri, one.prefix)))
}

function isBelow(uri: string, prefix: string): boolean {
  const rest = uri.slice(prefix.length)
  return uri.startsWith(prefix) && belowPrefix.test(rest) && !dotSegment.test(rest)
}

/**
 * Checks the private-use redirect URIs that clients may have if they are not configured.
 *
 * @throws `TypeError`, naming the option.
 */
export function checkedRedirectUris({
  allowedRedirectUris,
  wellKnownRedirectUris: includesWellKnown,
}: {
  readonly allowedRedirectUris: readonly AllowedRedirectUri[]
  readonly wellKnownRedirectUris: boolean
}): readonly AllowedRedirectUri[] {
  const allowed = allowedRedirectUris.map(checked)
  return includesWellKnown ? [...wellKnownRedirectUris.map(({ uri }) => uri), ...allowed] : allowed
}

function isPrefix(text: string): boolean {
  const isOfWeb = /^https?:/.test(text)
  return !isOfWeb && prefixPattern.test(text) && !dotSegment.test(text) && malformation(text) === undefined
}

function checked(allowed: AllowedRedirectUri): AllowedRedirectUri {
  if (typeof allowed === 'string') {
    if (/^https?:/i.test(allowed)) {
      throw new TypeError(
        'OAuthProvider: "allowedRedirectUris" must be private-use redirect URIs. https, and http on loopback, are always allowed. Configure a client with another http URI in "clients".',
      )
    }
    if (/^[a-z]/.test(allowed) && isPrivateUseUri(allowed) && malformation(allowed) === undefined)
      return allowed
    throw new TypeError(
      'OAuthProvider: "allowedRedirectUris" must be redirect URIs such as "com.example.app:/callback", or { prefix }.',
    )
  }
  const { prefix } = (allowed ?? {}) as { readonly prefix?: unknown }
  if (typeof prefix === 'string' && isPrefix(prefix)) {
    refuseUnknownOptions('OAuthProvider', allowed, { prefix: true }, { path: 'allowedRedirectUris.' })
    return { prefix }
  }
  throw new TypeError(
    'OAuthProvider: "allowedRedirectUris" must have prefixes that end with "/", such as { prefix: "vscode://publisher.extension/callback/" } or { prefix: "com.example.app:/" }.',
  )
}
