import { OAuthError } from '../oauth/oauth-error.js'
import { bodyAlreadyRead, type HttpRequest } from './http-request.js'
import { isTooDeep } from './json-depth.js'
import { isJsonType, mediaTypeOf } from './media-type.js'
import { bodyTooLarge } from './read-bytes.js'
import { parseParameters, RequestParameters } from './request-parameters.js'

/** The largest form that any endpoint reads, in bytes. */
const formLimit = 64 * 1024

/**
 * Reads a form body, and refuses repeated parameters.
 *
 * @throws `invalid_request` for another media type, a body that is too large, malformed or not UTF-8.
 * @see [RFC 6749 section 3.2](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.2)
 */
export async function readForm(request: HttpRequest): Promise<RequestParameters> {
  const form = await readFormAsSent(request)
  form.refuseRepeated()
  return form
}

/** The same with repeated parameters still in it, for an endpoint that has to know more before it can refuse them. */
export async function readFormAsSent(request: HttpRequest): Promise<RequestParameters> {
  if (mediaType(request) !== 'application/x-www-form-urlencoded') {
    throw new OAuthError('invalid_request', 'The body must be application/x-www-form-urlencoded.')
  }
  const { parsed } = request.body
  return isRecord(parsed) && !isBytes(parsed)
    ? fromParsedForm(parsed)
    : parseParameters(await readText(request, formLimit))
}

/**
 * Reads a JSON body.
 *
 * @param limit In bytes. Holds for what a framework has parsed, too, in the fewest bytes that say the same.
 * @throws `invalid_request` for another media type, a body that is too large or too deep, or not JSON.
 */
export async function readJson(request: HttpRequest, limit: number): Promise<unknown> {
  if (!isJsonType(mediaType(request))) {
    throw new OAuthError('invalid_request', 'The body must be application/json.')
  }
  const { parsed } = request.body
  const isParsed = parsed !== undefined && typeof parsed !== 'string' && !isBytes(parsed)
  const document = isParsed ? parsed : parseJson(await readText(request, limit))
  if (isTooDeep(document)) {
    throw new OAuthError('invalid_request', 'The JSON body is nested too deeply.')
  }
  if (isParsed) checkSize(toJson(document), limit)
  return document
}

/**
 * The body as it can be sent once more. What a framework has parsed is written again, where that is possible: a form, JSON,
 * and whatever was kept as text or bytes.
 *
 * @throws `invalid_request` with 413 for a body that is too large; `server_error` for one that was parsed into something
 * else.
 */
export async function readBodyAgain(
  request: HttpRequest,
  limit: number,
): Promise<string | Uint8Array<ArrayBuffer>> {
  const { parsed } = request.body
  if (parsed === undefined) return Uint8Array.from(await readBody(request, limit))
  if (typeof parsed === 'string') return checkSize(parsed, limit)
  if (isBytes(parsed)) {
    if (parsed.byteLength > limit) throw bodyTooLarge()
    return Uint8Array.from(parsed)
  }
  const type = mediaType(request)
  if (isJsonType(type)) return checkSize(toJson(parsed), limit)
  if (type !== 'application/x-www-form-urlencoded' || !isRecord(parsed)) throw bodyAlreadyRead()
  return checkSize(fromParsedForm(parsed).toQuery(), limit)
}

function mediaType(request: HttpRequest): string {
  return mediaTypeOf(request.header('content-type'))
}

async function readText(request: HttpRequest, limit: number): Promise<string> {
  const { parsed } = request.body
  if (typeof parsed === 'string') return checkSize(parsed, limit)
  const bytes = isBytes(parsed) ? parsed : await readBody(request, limit)
  if (bytes.byteLength > limit) throw bodyTooLarge()
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new OAuthError('invalid_request', 'The body is not valid UTF-8.')
  }
}

async function readBody(request: HttpRequest, limit: number): Promise<Uint8Array> {
  if (Number(request.header('content-length') ?? 0) > limit) throw bodyTooLarge()
  return request.body.read(limit)
}

function checkSize(text: string, limit: number): string {
  // No character has fewer bytes than it has units: most that is too large need not be encoded.
  if (text.length > limit || new TextEncoder().encode(text).byteLength > limit) throw bodyTooLarge()
  return text
}

/**
 * A form that a body parser has read already. Parsers make a list of a repeated name, and some make objects of
 * brackets in names; neither is a value that OAuth knows.
 */
function fromParsedForm(parsed: Record<string, unknown>): RequestParameters {
  const pairs: [string, string][] = []
  for (const [name, value] of Object.entries(parsed)) {
    // A list of one is what some parsers make of a name with brackets: OAuth has no such names.
    if (Array.isArray(value) && value.length < 2)
      throw new OAuthError('invalid_request', 'A parameter is not a string.')
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one !== 'string') throw new OAuthError('invalid_request', 'A parameter is not a string.')
      pairs.push([name, one])
    }
  }
  return new RequestParameters(pairs)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw notJson()
  }
}

/** A parser of the application may have made something else of it, such as a `bigint`. */
function toJson(document: unknown): string {
  try {
    return JSON.stringify(document)
  } catch {
    throw notJson()
  }
}

function notJson(): OAuthError {
  return new OAuthError('invalid_request', 'The body is not valid JSON.')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array
}
