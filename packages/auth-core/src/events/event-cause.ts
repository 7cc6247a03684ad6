/** An error as a log keeps it. */
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
/** How many errors are looked into from the outermost one. What fails twice for two reasons each has seven. */
const mostErrors = 8

/**
 * The cause of an event, so that `JSON.stringify` keeps it: most of what is thrown would become `{}`.
 *
 * An error stays what it is, because listeners hand it on to error trackers; it gets a `toJSON` that nobody sees. Its class
 * may have one that repeats the request with its headers: this one is in its place. Anything else that was thrown may be
 * in use elsewhere, so it is replaced by what a log keeps of it, as is an error that cannot be changed.
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

/** An error of another realm is one, too. */
function isError(thrown: object): boolean {
  try {
    return thrown instanceof Error || Object.prototype.toString.call(thrown) === '[object Error]'
  } catch {
    return false
  }
}

/** What was thrown in one line: names and messages, from the outermost to the innermost, without what may be a secret. */
export function causeText(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null) return redacted(String(cause))
  return textOf(errorJson(cause))
}

function textOf({ name, message, code, cause, errors }: ErrorJson): string {
  const said = message === '' ? (code ?? '') : message
  const inner = cause ?? errors?.[0]
  return `${name}${said === '' ? '' : `: ${said}`}${inner === undefined ? '' : ` (${textOf(inner)})`}`
}

/** Nothing but what every error has: other members may hold the request, with its headers and its body. */
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

/** Anything can be thrown: also what throws when it is looked at. */
function read(thrown: object, member: string): unknown {
  try {
    return (thrown as Record<string, unknown>)[member]
  } catch {
    return undefined
  }
}

/** Cut where no word is: half a token is not known as one. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const end = Math.max(text.lastIndexOf(' ', length), text.lastIndexOf('\n', length), 0)
  return `${text.slice(0, end)}…`
}

/**
 * A text without what looks like a token, a secret or a password. What applications, drivers and servers throw may repeat
 * what they were given, in a message, a URL or a connection string.
 *
 * What is repeated is bounded: a message may be made to take long.
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
