import { OAuthError } from '../oauth/oauth-error.js'
import { bodyAlreadyRead, type HttpRequest } from './http-request.js'
import { isTooDeep } from './json-depth.js'
import { isJsonType, mediaTypeOf } from './media-type.js'
import { bodyTooLarge } from './read-bytes.js'
import { parseParameters, RequestParameters } from './request-parameters.js'

/** The largest form that any endpoint reads, in bytes. */
const formLimit = 64 * 1024

/**
 * Reads a form body and refuses repeated parameters.
 *
 * @throws `invalid_request` for another media type, a body that is too large, malformed or not UTF-8.
 * @see [RFC 6749 section 3.2](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.2)
 */
export async function readForm(request: HttpRequest): Promise<RequestParameters> {
  const form = await readFormAsSent(request)
  form.refuseRepeated()
  return form
}

/** Reads a form body with its repeated parameters, for an endpoint that refuses them later. */
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
 * @param limit In bytes. A body that a framework has parsed is measured as compact JSON.
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
 * Returns the body so that it can be sent again. A form or JSON that a framework has parsed is serialized; text and bytes
 * stay as they are.
 *
 * @throws `invalid_request` with 413 for a body that is too large; `server_error` for a body that was parsed into anything
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
  // UTF-8 has at least one byte per UTF-16 unit, so most large texts need not be encoded.
  if (text.length > limit || new TextEncoder().encode(text).byteLength > limit) throw bodyTooLarge()
  return text
}

/**
 * The parameters of a form that a body parser has read. Parsers turn a repeated name into a list, and some turn brackets in
 * names into objects. OAuth has no such values.
 */
function fromParsedForm(parsed: Record<string, unknown>): RequestParameters {
  const pairs: [string, string][] = []
  for (const [name, value] of Object.entries(parsed)) {
    // Some parsers turn a name with brackets into a list of one. OAuth has no such names.
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

/** Fails for values that are not JSON, such as a `bigint`: the application's parser may return any. */
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
