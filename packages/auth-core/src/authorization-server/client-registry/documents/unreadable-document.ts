import { OAuthError, type OAuthErrorCode, type OAuthErrorOptions } from '../../../oauth/oauth-error.js'
import type { DocumentFailure } from '../../../oauth/reasons.js'
import { NotPublic, RedirectRefused, UnusableBody } from '../../../outbound/fetch-errors.js'
import { TooManyFetches } from '../../../outbound/fetch-slots.js'
import { DocumentError } from './document-error.js'
import { TriedTooOften } from './retry-pause.js'

/** Why a document could not be read, as far as a program can act on it. */
export interface DocumentProblem {
  readonly reason: DocumentFailure
  /** What its website answered, for the reason `status`. */
  readonly status?: number | undefined
}

const reasonByError = [
  [TooManyFetches, 'busy'],
  [TriedTooOften, 'paused'],
  [NotPublic, 'not_public'],
  [RedirectRefused, 'redirect'],
  [UnusableBody, 'invalid'],
] as const satisfies readonly (readonly [unknown, DocumentFailure])[]

/** @param cause What fetching or reading the document threw. */
export function documentProblemOf(cause: unknown): DocumentProblem {
  if (cause instanceof DocumentError) {
    const { status } = cause
    return status === undefined ? { reason: 'invalid' } : { reason: 'status', status }
  }
  const known = reasonByError.find(([type]) => cause instanceof type)
  if (known !== undefined) return { reason: known[1] }
  return { reason: isTimeout(cause) ? 'timeout' : 'unreachable' }
}

/** Of another realm, or of a runtime with a class of its own: the name is all that they share. */
function isTimeout(cause: unknown): boolean {
  return (cause as { readonly name?: unknown } | undefined)?.name === 'TimeoutError'
}

/** Seconds after which the user may try again. */
const retryAfter = 5

/**
 * The document of a client could not be read, so nobody can be asked about the client. For the user to read.
 *
 * Tells where the document is, and what anybody can find out by asking there. Does **not** tell that a host has an address
 * that is not public: such a host looks like one that cannot be reached, so that nobody can explore a network from here.
 */
export class UnreadableDocumentError extends OAuthError {
  constructor(clientId: string, cause: unknown) {
    const problem = documentProblemOf(cause)
    const [code, options] = outcomeOf(problem, cause)
    super(code, descriptionOf(problem, new URL(clientId).host), { ...options, clientId, cause })
  }
}

/** What the website answered for sure is wrong until it is mended there. Everything else may be over in a moment. */
function outcomeOf({ reason }: DocumentProblem, cause: unknown): [OAuthErrorCode, OAuthErrorOptions] {
  return reason === 'invalid' || (cause instanceof DocumentError && cause.isAnswer)
    ? ['invalid_client_metadata', { reason: 'client_document_invalid' }]
    : ['temporarily_unavailable', { reason: 'client_document_unavailable', retryAfter }]
}

function descriptionOf({ reason, status }: DocumentProblem, host: string): string {
  if (reason === 'busy') return 'This server is too busy to look up the application right now.'
  if (reason === 'invalid') return `The description of the application at ${host} is not valid.`
  return `This server could not read the description of the application at ${host}: ${whatHappened[reason](status)}.`
}

const whatHappened: Readonly<
  Record<Exclude<DocumentFailure, 'busy' | 'invalid'>, (status: number | undefined) => string>
> = {
  not_public: () => 'the website could not be reached',
  paused: () => 'that failed several times in a row',
  redirect: () => 'the website answered with a redirect',
  status: (status) => `the website answered with the status ${status}`,
  timeout: () => 'the website did not answer in time',
  unreachable: () => 'the website could not be reached',
}
