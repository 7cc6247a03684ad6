import { applicationTypes, urlMembers } from './client-metadata-members.js'
import { type RedirectUriRules, redirectUriProblem } from './redirect-uri-rules.js'
import { shownText } from './shown-text.js'

/** The values that a client asked for and does not get, by metadata member: printable, and of limited length. */
export type LeftOut = Readonly<Record<string, readonly string[]>>

export interface NegotiatedMetadata {
  /** The remaining metadata, unchecked. */
  readonly document: unknown
  readonly leftOut: LeftOut
  /** How the operator can allow a redirect URI that was left out. */
  readonly hint?: string | undefined
}

/** What this server offers to clients that describe themselves. */
export interface NegotiableMetadata {
  readonly redirectUris: RedirectUriRules
  readonly grantTypes: readonly string[]
  readonly scopesSupported: readonly string[]
}

/** The grant types of a client that names none: nearly all clients expect users to stay signed in. */
const usualGrantTypes = ['authorization_code', 'refresh_token']

/**
 * Leaves out values that this server does not offer, if enough remains: the same client metadata is sent to all servers.
 * `null`, an empty URL and an empty list of types count as absent.
 *
 * Does **not** check the metadata. Values that are malformed or would weaken security stay, and so does a member of which
 * nothing would remain: `checkClientMetadata` refuses those.
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
  // Other response types belong to grants that were left out.
  const usesCode = metadata.list('grant_types')?.includes('authorization_code') ?? true
  metadata.keep('response_types', (type) => type === 'code', { mayBeNone: !usesCode })
  if (!redirectUris.enforceApplicationType) metadata.keepText('application_type', applicationTypes)
  metadata.noteLeftOut(
    'scope',
    (metadata.text('scope') ?? '')
      .split(' ')
      .filter((name) => name !== '' && !scopesSupported.includes(name)),
  )
  return { ...metadata.result(), hint }
}

/** Longer lists are malformed, and stay to be refused. */
const longestList = 20

/** The metadata of one client while it is negotiated. */
class Negotiation {
  readonly #members: Map<string, unknown>
  readonly #leftOut = new Map<string, readonly string[]>()

  constructor(document: object) {
    this.#members = new Map(Object.entries(document).filter(([name, value]) => !isAbsent(name, value)))
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

  /** Keeps the offered values of a list, if there are any. Returns the values that were left out. */
  keep(member: string, isOffered: (value: string) => boolean, { mayBeNone = false } = {}): readonly string[] {
    const asked = this.list(member) ?? []
    const kept = asked.filter(isOffered)
    if (kept.length === asked.length || (kept.length === 0 && !mayBeNone)) return []
    const rest = asked.filter((value) => !isOffered(value))
    this.#members.set(member, kept)
    this.noteLeftOut(member, rest)
    return rest
  }

  /** Keeps a text only if it is offered. */
  keepText(member: string, offered: readonly string[]): void {
    const asked = this.text(member)
    if (asked === undefined || offered.includes(asked)) return
    this.#members.delete(member)
    this.noteLeftOut(member, [asked])
  }

  fallBack(member: string, value: readonly string[]): void {
    if (!this.#members.has(member)) this.#members.set(member, value)
  }

  noteLeftOut(member: string, leftOut: readonly string[]): void {
    if (leftOut.length > 0) this.#leftOut.set(member, leftOut.slice(0, longestList).map(shownText))
  }

  result(): NegotiatedMetadata {
    return { document: Object.fromEntries(this.#members), leftOut: Object.fromEntries(this.#leftOut) }
  }
}

/** Whether a member counts as absent: clients send `null`, an empty URL or an empty list of types for no value. */
function isAbsent(member: string, value: unknown): boolean {
  if (value === null) return true
  if (value === '') return urlMembers.includes(member)
  const isTypes = member === 'grant_types' || member === 'response_types'
  return isTypes && Array.isArray(value) && value.length === 0
}
