import { insecureUrlAdvice, isLoopbackHost } from '../../options/url.js'
import type { ConsentPage, ErrorPage, PageApplication } from './page.js'
import type { PageSources } from './page-response.js'

/** What an application may say about its pages. */
export interface PageOptions<Native = unknown> {
  /** What pages call the application. Default: the host of `baseUrl`. */
  readonly name?: string | undefined
  /** An image for pages: an https URL of the application's own, or a `data:` URL. */
  readonly logo?: string | undefined
  /** Replaces the library's consent page. See {@link ConsentPage} for what it may be. */
  readonly consentPage?: ConsentPage<Native> | undefined
  /** Replaces the library's error page. See {@link ErrorPage}. */
  readonly errorPage?: ErrorPage<Native> | undefined
}

/** The checked options of pages. */
export interface Pages {
  readonly application: PageApplication
  readonly consentPage: ConsentPage | undefined
  readonly errorPage: ErrorPage | undefined
  /** What the library's own pages may load. */
  readonly ownSources: PageSources
  /** What the application's pages may load. */
  readonly applicationSources: PageSources
}

/** @throws `TypeError`, naming the option. */
export function checkedPages<Native>(
  options: PageOptions<Native>,
  { host, allowInsecure }: { readonly host: string; readonly allowInsecure: boolean },
): Pages {
  const { name = host, logo, consentPage, errorPage } = options
  if (typeof name !== 'string' || name.trim() === '') throw new TypeError('"name" must be a text, not empty')
  for (const [option, page] of Object.entries({ consentPage, errorPage })) {
    if (page !== undefined && typeof page !== 'function')
      throw new TypeError(`"${option}" must be a function`)
  }
  const logoSource = logo === undefined ? [] : [checkedLogo(logo, allowInsecure)]
  return {
    application: { name, ...(logo === undefined ? {} : { logo }) },
    consentPage: consentPage as ConsentPage | undefined,
    errorPage: errorPage as ErrorPage | undefined,
    ownSources: logo === undefined ? {} : { 'img-src': logoSource },
    applicationSources: {
      'style-src': ["'self'"],
      'font-src': ["'self'"],
      'img-src': [...new Set(["'self'", 'data:', ...logoSource])],
    },
  }
}

/** Answers the CSP source of a logo. */
function checkedLogo(logo: string, allowInsecure: boolean): string {
  if (/^data:image\/[a-z+.-]+[;,][\x21-\x7e]+$/i.test(logo)) return 'data:'
  const url = URL.canParse(logo) ? new URL(logo) : undefined
  const isSafe =
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && (isLoopbackHost(url.hostname) || allowInsecure))
  if (url === undefined || !isSafe) {
    const advice = url?.protocol === 'http:' ? `. ${insecureUrlAdvice}.` : ''
    throw new TypeError(
      `"logo" must be an https URL (http is for loopback only) or a data:image URL${advice}`,
    )
  }
  return url.origin
}
