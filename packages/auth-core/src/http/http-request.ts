import { OAuthError } from '../oauth/oauth-error.js'
import { bodyIncomplete, bodyTooLarge, readBytes } from './read-bytes.js'

/**
 * What an endpoint reads of a request. A web `Request` is turned into one by `Route.handler`, a framework's own
 * request by its adapter, so that nobody pays for a `Request` that nobody reads.
 */
export interface HttpRequest {
  readonly method: string
  /** Path and query as they arrived. An origin in front of them is ignored: it is only the client's word. */
  readonly url: string
  readonly body: RequestBody
  /** One header field by its lower-case name. Repeated fields are joined with a comma (RFC 9110 section 5.3). */
  header(name: string): string | undefined
  /** All header fields, for hooks that are given a real `Request`. */
  headers(): Headers
}

export interface RequestBody {
  /** What the framework made of the body, if it has read it already. */
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

/** For a body whose length was announced, which servers make clients keep to: its stream would cost several times as much. */
async function readAtOnce(request: Request, limit: number): Promise<Uint8Array> {
  let bytes: Uint8Array
  try {
    bytes = new Uint8Array(await request.arrayBuffer())
  } catch (cause) {
    // If it was not even begun, somebody else is reading it.
    throw request.bodyUsed ? bodyIncomplete(cause) : bodyAlreadyRead()
  }
  if (bytes.byteLength > limit) throw bodyTooLarge()
  return bytes
}

/** For a body that something has read and kept: what is left of it would look like an empty one, or never end. */
export function bodyAlreadyRead(): OAuthError {
  return new OAuthError(
    'server_error',
    'The body was read before the authorization routes could read it. Mount them before what reads bodies.',
    { reason: 'body_already_read' },
  )
}

/** The path and the query of a request, with exactly one slash in front: put behind an origin, it is of that origin. */
export function targetOf({ url }: Pick<HttpRequest, 'url'>): string {
  // As text: a parser takes more beginnings of a path for another host than one can list.
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
