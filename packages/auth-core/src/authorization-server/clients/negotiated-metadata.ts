import { applicationTypes, urlMembers } from './client-metadata-members.js'
import { type RedirectUriRules, redirectUriProblem } from './redirect-uri-rules.js'
import { shownText } from './shown-text.js'

/** What a client asked for and does not get, by the member of its metadata: in printable characters, up to a length. */
export type LeftOut = Readonly<Record<string, readonly string[]>>

export interface NegotiatedMetadata {
  /** What is left of the metadata. Nothing in it has been checked. */
  readonly document: unknown
  readonly leftOut: LeftOut
  /** What the operator can do, so that a redirect URI that was left out is not. */
  readonly hint?: string | undefined
}

/** What a client that describes itself can have here. */
export interface NegotiableMetadata {
  readonly redirectUris: RedirectUriRules
  readonly grantTypes: readonly string[]
  readonly scopesSupported: readonly string[]
}

/** What a client gets that names no grant: nearly all are written for users who stay signed in. */
const usualGrantTypes = ['authorization_code', 'refresh_token']

/**
 * Leaves out of the metadata of a client what this server does not have, if enough remains: a client is written once, for
 * all servers. `null`, an empty URL and an empty list of types say nothing, and count as left out by the client.
 *
 * What is malformed or would weaken security stays, to be refused by `checkClientMetadata`, and so does a member of which
 * nothing would remain: then that is the error.
 *
 * @see [RFC 7591 section 3.2.1](https://www.rfc-editor.org/rfc/rfc7591.html#section-3.2.1)
 */
export function negotiatedMetadata(document: unknown, offered: NegotiableMetadata): NegotiatedMetadata {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    return { document, leftOut: {} }
  }
  const metadata = new Negotiation(document)
  const { redirectUris, grantTypes, scopesSupported } = offered
  const applicationType = metadata.text('application_type')
  const problemOf = (uri: string) => redirectUriProblem(uri, redirectUris, applicationType)
  const [leftOutUri] = metadata.keep('redirect_uris', (uri) => problemOf(uri)?.kind !== 'not_allowed')
  const hint = leftOutUri === undefined ? undefined : problemOf(leftOutUri)?.hint
  metadata.keep('grant_types', (type) => grantTypes.includes(type))
  metadata.fallBack('grant_types', usualGrantTypes)
  // The other response types are of grants that were left out.
  const usesCode = metadata.list('grant_types')?.includes('authorization_code') ?? true
  metadata.keep('response_types', (type) => type === 'code', { mayBeNone: !usesCode })
  if (!redirectUris.enforceApplicationType) metadata.keepText('application_type', applicationTypes)
  metadata.tell(
    'scope',
    (metadata.text('scope') ?? '')
      .split(' ')
      .filter((name) => name !== '' && !scopesSupported.includes(name)),
  )
  return { ...metadata.result(), hint }
}

/** Longer lists are malformed, and left to be refused. */
const longestList = 20

/** The metadata of one client while it is negotiated. */
class Negotiation {
  readonly #members: Map<string, unknown>
  readonly #leftOut = new Map<string, readonly string[]>()

  constructor(document: object) {
    this.#members = new Map(Object.entries(document).filter(([name, value]) => !saysNothing(name, value)))
  }

  text(member: string): string | undefined {
    const value = this.#members.get(member)
    return typeof value === 'string' ? value : undefined
  }

  list(member: string): readonly string[] | undefined {
    const value = this.#members.get(member)
    const isList = Array.isArray(value) && value.length <= longestList
    return isList && value.every((one) => typeof one === 'string') ? value : undefined
  }

  /** Keeps what is offered of a list, if that is anything. Returns the rest, if it was left out. */
  keep(member: string, isOffered: (value: string) => boolean, { mayBeNone = false } = {}): readonly string[] {
    const asked = this.list(member) ?? []
    const kept = asked.filter(isOffered)
    if (kept.length === asked.length || (kept.length === 0 && !mayBeNone)) return []
    const rest = asked.filter((value) => !isOffered(value))
    this.#members.set(member, kept)
    this.tell(member, rest)
    return rest
  }

  /** Keeps a text that is offered. */
  keepText(member: string, offered: readonly string[]): void {
    const asked = this.text(member)
    if (asked === undefined || offered.includes(asked)) return
    this.#members.delete(member)
    this.tell(member, [asked])
  }

  fallBack(member: string, value: readonly string[]): void {
    if (!this.#members.has(member)) this.#members.set(member, value)
  }

  tell(member: string, leftOut: readonly string[]): void {
    if (leftOut.length > 0) this.#leftOut.set(member, leftOut.slice(0, longestList).map(shownText))
  }

  result(): NegotiatedMetadata {
    return { document: Object.fromEntries(this.#members), leftOut: Object.fromEntries(this.#leftOut) }
  }
}

/** Clients send members that they have no value for: as `null`, as an empty URL, or as an empty list of types. */
function saysNothing(member: string, value: unknown): boolean {
  if (value === null) return true
  if (value === '') return urlMembers.includes(member)
  const isTypes = member === 'grant_types' || member === 'response_types'
  return isTypes && Array.isArray(value) && value.length === 0
}
