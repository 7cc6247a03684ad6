import { OAuthError } from '../oauth/oauth-error.js'

/** Parameters that may be sent several times (RFC 8707 section 2, RFC 8693 section 2.1). */
const repeatable = new Set(['resource', 'audience'])

/**
 * The parameters of a query or a form. A parameter with an empty value counts as absent (RFC 6749 section 3.1).
 */
export class RequestParameters {
  readonly #values: ReadonlyMap<string, readonly string[]>

  constructor(pairs: Iterable<readonly [string, string]>) {
    const values = new Map<string, string[]>()
    for (const [name, value] of pairs) {
      if (value === '') continue
      const list = values.get(name)
      if (list === undefined) values.set(name, [value])
      else list.push(value)
    }
    this.#values = values
  }

  /** A parameter that may be sent once. `undefined` if it is absent or repeated: see `isRepeated`. */
  get(name: string): string | undefined {
    const values = this.#values.get(name)
    return values?.length === 1 ? values[0] : undefined
  }

  getAll(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }

  /** @throws `invalid_request` if the parameter is missing. */
  require(name: string): string {
    const value = this.get(name)
    if (value === undefined) throw new OAuthError('invalid_request', `The parameter ${name} is missing.`)
    return value
  }

  /** Whether a parameter that may be sent once was sent several times. */
  isRepeated(name: string): boolean {
    return !repeatable.has(name) && this.getAll(name).length > 1
  }

  /** @throws `invalid_request` if any parameter that may be sent once was sent several times. */
  refuseRepeated(): void {
    for (const name of this.#values.keys()) {
      // The description does not repeat the name, which the client chose.
      if (this.isRepeated(name))
        throw new OAuthError('invalid_request', 'A parameter was sent more than once.')
    }
  }

  /** The parameters as a query string, without a question mark. */
  toQuery(): string {
    const query = new URLSearchParams()
    for (const [name, values] of this.#values) for (const value of values) query.append(name, value)
    return query.toString()
  }
}

/**
 * Parses `application/x-www-form-urlencoded` text. `URLSearchParams` accepts broken escapes.
 *
 * @throws `invalid_request` for an escape that is not valid percent-encoded UTF-8.
 */
export function parseParameters(text: string): RequestParameters {
  return new RequestParameters(
    text
      .split('&')
      .filter((pair) => pair !== '')
      .map(parsePair),
  )
}

function parsePair(pair: string): [string, string] {
  const equals = pair.indexOf('=')
  return equals === -1
    ? [formDecode(pair), '']
    : [formDecode(pair.slice(0, equals)), formDecode(pair.slice(equals + 1))]
}

/** @throws `invalid_request` for a broken escape. */
export function formDecode(text: string): string {
  if (!/[%+]/.test(text)) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new OAuthError('invalid_request', 'The request contains a malformed percent-encoded value.')
  }
}
