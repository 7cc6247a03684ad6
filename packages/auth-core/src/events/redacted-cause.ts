/** The members of an error that a log keeps. */
export interface ErrorJson {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  readonly cause?: ErrorJson
  readonly errors?: readonly ErrorJson[]
}

const longestMessage = 2000
const longestStack = 8000
/** Errors that are read, from the outermost one inward. Two attempts with two reasons each make seven. */
const mostErrors = 8

/**
 * Makes the cause of an event survive `JSON.stringify`, which turns most errors into `{}`.
 *
 * An error stays the same object, because listeners pass it on to error trackers. It gets a `toJSON` that is not
 * enumerable and replaces the one of its class, which may repeat the request with its headers. Any other object may be in
 * use elsewhere, so a copy of its loggable members replaces it, as it does for an error that is frozen.
 */
export function serializableCause(cause: unknown): unknown {
  if (typeof cause === 'bigint' || typeof cause === 'symbol') return String(cause)
  if (typeof cause === 'string') return redacted(cause)
  if ((typeof cause !== 'object' && typeof cause !== 'function') || cause === null) return cause
  if (!isError(cause)) return errorJson(cause)
  try {
    Object.defineProperty(cause, 'toJSON', {
      value: () => errorJson(cause),
      configurable: true,
      writable: true,
    })
    return cause
  } catch {
    return errorJson(cause)
  }
}

/** Includes errors of other realms. */
function isError(thrown: object): boolean {
  try {
    return thrown instanceof Error || Object.prototype.toString.call(thrown) === '[object Error]'
  } catch {
    return false
  }
}

/** Describes a thrown value in one line: names and messages from the outermost error inward, with secrets redacted. */
export function causeText(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null) return redacted(String(cause))
  return textOf(errorJson(cause))
}

function textOf({ name, message, code, cause, errors }: ErrorJson): string {
  const said = message === '' ? (code ?? '') : message
  const inner = cause ?? errors?.[0]
  return `${name}${said === '' ? '' : `: ${said}`}${inner === undefined ? '' : ` (${textOf(inner)})`}`
}

/** Copies only the members that each error has: others may hold the request, with its headers and body. */
function errorJson(thrown: object, seen = new Set<unknown>()): ErrorJson {
  seen.add(thrown)
  const nested = (member: unknown): ErrorJson | undefined =>
    typeof member === 'object' && member !== null && !seen.has(member) && seen.size < mostErrors
      ? errorJson(member, seen)
      : undefined
  const code = read(thrown, 'code')
  const stack = read(thrown, 'stack')
  const cause = nested(read(thrown, 'cause'))
  const errors = read(thrown, 'errors')
  const inner = Array.isArray(errors) ? errors.map(nested).filter((one) => one !== undefined) : []
  return {
    name: textAt(thrown, 'name') ?? 'Thrown',
    message: textAt(thrown, 'message') ?? '',
    ...(typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? { code: redacted(code) } : {}),
    ...(typeof stack === 'string' ? { stack: redacted(stack, longestStack) } : {}),
    ...(cause === undefined ? {} : { cause }),
    ...(inner.length === 0 ? {} : { errors: inner }),
  }
}

function textAt(thrown: object, member: 'name' | 'message'): string | undefined {
  const value = read(thrown, member)
  return typeof value === 'string' ? redacted(value) : undefined
}

/** Reads a member of a thrown value, whose getters may throw as well. */
function read(thrown: object, member: string): unknown {
  try {
    return (thrown as Record<string, unknown>)[member]
  } catch {
    return undefined
  }
}

/** Cuts between words: the patterns below do not recognize half a token. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const end = Math.max(text.lastIndexOf(' ', length), text.lastIndexOf('\n', length), 0)
  return `${text.slice(0, end)}…`
}

/**
 * Removes everything that looks like a token, a secret or a password. Applications, drivers and servers may repeat their
 * input in a message, a URL or a connection string.
 *
 * The quantifiers are bounded, so that no message makes the search slow.
 */
function redacted(text: string, length = longestMessage): string {
  return cut(text, length)
    .replace(/eyJ[\w-]{5,}(?:\.[\w-]*)*/g, '[redacted]')
    .replace(/\b(Bearer|Basic|DPoP) +[\w.~+/=-]{16,}/gi, '$1 [redacted]')
    .replace(/\/\/[^\s/@]*@/g, '//[redacted]@')
    .replace(
      /([?&][\w.-]{0,30}(?:assertion|code|key|signature)[\w.-]{0,30}=|\b[\w.-]{0,30}(?:password|secret|token)[\w.-]{0,30}=)[^\s&#;,"']+/gi,
      '$1[redacted]',
    )
    .replace(/[\w-]{40,}/g, '[redacted]')
}
