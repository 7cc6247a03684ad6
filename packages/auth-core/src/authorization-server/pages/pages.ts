import type { Option, OptionTable } from '../../options/option-table.js'
import { anyFunction, option } from '../../options/rows.js'
import { insecureUrlAdvice, isLoopbackHost } from '../../options/url.js'
import type { ConsentPage, ErrorPage, PageApplication } from './page.js'
import type { PageSources } from './page-response.js'

/** Options of the pages that users see. */
export interface PageOptions<Native = unknown> {
  /** The name of the application on pages. Default: the host of `baseUrl`. */
  readonly name?: string | undefined
  /** The URL of an image for pages: https or `data:`. */
  readonly logo?: string | undefined
  /** Replaces the library's consent page. See {@link ConsentPage}. */
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

export function pageOptionTable() {
  return {
    name: option(
      'be a string that is not blank',
      (value) => typeof value === 'string' && value.trim() !== '',
    ),
    logo: logoOption(),
    consentPage: anyFunction(),
    errorPage: anyFunction(),
  } satisfies OptionTable<PageOptions>
}

const dataImage = /^data:image\/[a-z+.-]+[;,][\x21-\x7e]+$/i

function logoOption(): Option<never> {
  return {
    problem(value, given) {
      const logo = String(value)
      if (dataImage.test(logo)) return undefined
      const url = URL.canParse(logo) ? new URL(logo) : undefined
      if (url?.protocol === 'https:') return undefined
      const must = 'be an https URL (http is for loopback only) or a data:image URL'
      if (url?.protocol !== 'http:') return must
      const isAllowed = Reflect.get(given, 'dangerouslyAllowInsecureUrls') === true
      return isAllowed || isLoopbackHost(url.hostname) ? undefined : `${must}. ${insecureUrlAdvice}`
    },
  }
}

/** @param options As {@link pageOptionTable} has checked them. */
export function openPages<Native>(
  { name, logo, consentPage, errorPage }: PageOptions<Native>,
  host: string,
): Pages {
  const logoSource = logo === undefined ? [] : [dataImage.test(logo) ? 'data:' : new URL(logo).origin]
  return {
    application: { name: name ?? host, ...(logo === undefined ? {} : { logo }) },
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
