import { shownRedirectUri } from '../redirect-uri.js'
import { type RedirectUriRules, redirectUriProblem } from '../redirect-uri-rules.js'

/** What a client asked for and does not get, by the member of its metadata. */
export type LeftOut = Readonly<Record<string, readonly string[]>>

export interface NegotiatedMetadata {
  /** What is left of the metadata. Nothing in it has been checked. */
  readonly document: unknown
  readonly leftOut: LeftOut
}

/** What a client that describes itself can have here. */
export interface NegotiableMetadata {
  readonly redirectUris: RedirectUriRules
}

/**
 * Leaves out of the metadata of a client what this server does not have, if enough remains: a client is written once, for
 * all servers. What is malformed or dangerous stays, to be refused by `checkClientMetadata`, and so does a member of which
 * nothing would remain: then that is the error.
 *
 * @see [RFC 7591 section 3.2.1](https://www.rfc-editor.org/rfc/rfc7591.html#section-3.2.1)
 */
export function negotiatedMetadata(
  document: unknown,
  { redirectUris }: NegotiableMetadata,
): NegotiatedMetadata {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return { document, leftOut: {} }
  }
  const members = new Map<string, unknown>(Object.entries(document))
  const leftOut = new Map<string, readonly string[]>()
  const uris = members.get('redirect_uris')
  if (isListOfTexts(uris)) {
    const applicationType = members.get('application_type')
    const type = typeof applicationType === 'string' ? applicationType : undefined
    const refused = uris.filter((uri) => redirectUriProblem(uri, redirectUris, type)?.kind === 'not_allowed')
    if (refused.length > 0 && refused.length < uris.length) {
      members.set(
        'redirect_uris',
        uris.filter((uri) => !refused.includes(uri)),
      )
      leftOut.set('redirect_uris', refused.map(shownRedirectUri))
    }
  }
  return { document: Object.fromEntries(members), leftOut: Object.fromEntries(leftOut) }
}

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}
