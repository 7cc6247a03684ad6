import type { HttpResponse } from '../../http/http-response.js'
import type { Html } from './html.js'

export interface PageResponse {
  readonly status: number
  readonly styleNonce: string
  /** CSP sources of images, styles and fonts beyond styles with the nonce. */
  readonly sources: PageSources
  /**
   * Whether the page has a form. Its policy then has no `form-action`: browsers apply that directive to every redirect
   * after the form, including those of the client, and a client may redirect to any host or program.
   */
  readonly hasForm?: boolean
  readonly headers?: Readonly<Record<string, string>>
}

export type PageSources = Readonly<Partial<Record<'style-src' | 'img-src' | 'font-src', readonly string[]>>>

/** Returns the response of a page. Its headers forbid scripts, frames, storage and the `Referer` header. */
export function pageResponse(document: Html, page: PageResponse): HttpResponse {
  const { status, styleNonce, sources, hasForm = false, headers = {} } = page
  const loaded = { ...sources, 'style-src': [...(sources['style-src'] ?? []), `'nonce-${styleNonce}'`] }
  const policy = [
    "default-src 'none'",
    ...Object.entries(loaded).map(([directive, values]) => `${directive} ${values.join(' ')}`),
    ...(hasForm ? [] : ["form-action 'none'"]),
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ]
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.join('; '),
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      ...headers,
    },
    body: document.html,
  }
}
