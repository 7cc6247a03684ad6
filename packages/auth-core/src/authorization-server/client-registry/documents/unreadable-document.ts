import { OAuthError, type OAuthErrorCode, type OAuthErrorOptions } from '../../../oauth/oauth-error.js'
import type { DocumentFailure } from '../../../oauth/reasons.js'
import { NotPublic, RedirectRefused, UnusableBody } from '../../../outbound/fetch-errors.js'
import { TooManyFetches } from '../../../outbound/fetch-slots.js'
import { DocumentError } from './document-error.js'
import { RetryPaused } from './retry-pause.js'

/** Why a document could not be read, for programs. */
export interface DocumentProblem {
  readonly reason: DocumentFailure
  /** The status of the response, for the reason `status`. */
  readonly status?: number | undefined
}

const reasonByError = [
  [TooManyFetches, 'busy'],
  [RetryPaused, 'paused'],
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

/** Checked by name: the error may come from another realm, or from a runtime with its own class. */
function isTimeout(cause: unknown): boolean {
  return (cause as { readonly name?: unknown } | undefined)?.name === 'TimeoutError'
}

/** When the user may try again, in seconds. */
const retryAfter = 5

/**
 * The document of a client cannot be read, so no user can be asked to approve the client. The message is for the user.
 *
 * Names the host and what anyone could find out there. Does **not** reveal that the address of a host is not public: such a
 * host looks unreachable, so that nobody can explore a network through this server.
 */
export class UnreadableDocumentError extends OAuthError {
  constructor(clientId: string, cause: unknown) {
    const problem = documentProblemOf(cause)
    const [code, options] = outcomeOf(problem, cause)
    super(code, descriptionOf(problem, new URL(clientId).host), { ...options, clientId, cause })
  }
}

/** A wrong document stays wrong until it is fixed at the website. Everything else may pass in a moment. */
function outcomeOf({ reason }: DocumentProblem, cause: unknown): [OAuthErrorCode, OAuthErrorOptions] {
  return reason === 'invalid' || (cause instanceof DocumentError && cause.meaning === 'gone')
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
  redirect: () => 'the website responded with a redirect',
  status: (status) => `the website responded with the status ${status}`,
  timeout: () => 'the website did not respond in time',
  unreachable: () => 'the website could not be reached',
}
