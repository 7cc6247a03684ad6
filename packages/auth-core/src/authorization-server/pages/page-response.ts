import type { HttpResponse } from '../../http/http-response.js'
import type { Html } from './html.js'

export interface PageResponse {
  readonly status: number
  readonly styleNonce: string
  /** CSP sources of images, styles and fonts beyond styles with the nonce. */
  readonly sources: PageSources
  /** Where a form of the page may lead in the end, as CSP sources: browsers check the redirects of a form, too. */
  readonly formTargets?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
}

export type PageSources = Readonly<Partial<Record<'style-src' | 'img-src' | 'font-src', readonly string[]>>>

/** Sends a page without script, that nobody can frame, keep, or learn the address of. Whatever it is made of. */
export function pageResponse(document: Html, page: PageResponse): HttpResponse {
  const { status, styleNonce, sources, formTargets = [], headers = {} } = page
  const loaded = { ...sources, 'style-src': [...(sources['style-src'] ?? []), `'nonce-${styleNonce}'`] }
  const policy = [
    "default-src 'none'",
    ...Object.entries(loaded).map(([directive, values]) => `${directive} ${values.join(' ')}`),
    `form-action ${formTargets.length === 0 ? "'none'" : ["'self'", ...formTargets].join(' ')}`,
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
