import { OAuthError } from '../oauth/oauth-error.js'
import { bodyIncomplete, bodyTooLarge, readBytes } from './read-bytes.js'

/**
 * A request as endpoints read it. `Route.handler` makes one from a web `Request`, an adapter from its framework's request,
 * so that no `Request` is built just to read a header.
 */
export interface HttpRequest {
  readonly method: string
  /** Path and query as they arrived. An origin before them is ignored, because the client chose it. */
  readonly url: string
  readonly body: RequestBody
  /** One header field by its lower-case name. Repeated fields are joined with a comma (RFC 9110 section 5.3). */
  header(name: string): string | undefined
  /** All header fields, for hooks that get a real `Request`. */
  headers(): Headers
}

export interface RequestBody {
  /** The body as the framework has parsed it, if it has. */
  readonly parsed?: unknown
  /**
   * Reads the body to its end. Called at most once, and not at all if `parsed` is there.
   *
   * @param limit In bytes.
   * @throws `invalid_request` with 413 as soon as there are more.
   */
  read(limit: number): Promise<Uint8Array>
}

export function fromWebRequest(request: Request): HttpRequest {
  return {
    method: request.method,
    url: request.url,
    header: (name) => request.headers.get(name) ?? undefined,
    headers: () => new Headers(request.headers),
    body: {
      async read(limit) {
        if (request.bodyUsed) throw bodyAlreadyRead()
        const length = request.headers.get('content-length')
        if (length !== null && Number(length) <= limit) return readAtOnce(request, limit)
        if (request.body?.locked === true) throw bodyAlreadyRead()
        return readBytes(request.body, limit)
      },
    },
  }
}

/** Reads a body with a `Content-Length`, which servers enforce. Reading its stream would cost several times as much. */
async function readAtOnce(request: Request, limit: number): Promise<Uint8Array> {
  let bytes: Uint8Array
  try {
    bytes = new Uint8Array(await request.arrayBuffer())
  } catch (cause) {
    // If reading has not begun, something else holds the stream.
    throw request.bodyUsed ? bodyIncomplete(cause) : bodyAlreadyRead()
  }
  if (bytes.byteLength > limit) throw bodyTooLarge()
  return bytes
}

/** The error for a body that the application has consumed. What is left would look empty, or never end. */
export function bodyAlreadyRead(): OAuthError {
  return new OAuthError(
    'server_error',
    'The body was read before the authorization routes could read it. Mount them before all body parsers.',
    { reason: 'body_already_read' },
  )
}

/** The path and query of a request with exactly one leading slash, so that it stays at the origin it is appended to. */
export function targetOf({ url }: Pick<HttpRequest, 'url'>): string {
  // As text: URL parsers read more prefixes as another host than one can list.
  return `/${url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/^\/+/, '')}`
}

/** The path of a request, without origin and query. */
export function pathOf(request: Pick<HttpRequest, 'url'>): string {
  return splitUrl(request.url).path
}

/** The query of a request, without its question mark. */
export function queryOf(request: Pick<HttpRequest, 'url'>): string {
  return splitUrl(request.url).query
}

function splitUrl(url: string): { path: string; query: string } {
  const [, path = '/', query = ''] =
    /^(?:[a-z][a-z0-9+.-]*:\/\/[^/?#]*)?([^?#]*)(?:\?([^#]*))?/i.exec(url) ?? []
  return { path: path === '' ? '/' : path, query }
}
