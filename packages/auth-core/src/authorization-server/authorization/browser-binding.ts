import type { EventListener } from '../../events/auth-event.js'
import { readCookie, sessionCookie } from '../../http/cookie.js'
import type { HttpRequest } from '../../http/http-request.js'
import { constantTimeEqual, randomToken, sha256 } from '../../runtime/crypto.js'
import type { PendingConsent } from '../records/stored-records.js'
import { rejectedConsent } from './rejected-consent.js'

/** The members of `ServerCall` that setting the cookie that binds a consent page to a browser needs. */
export interface BindingCall {
  readonly server: { readonly urls: { readonly authorize: string } }
  readonly http: HttpRequest
}

/** Binds a consent page to the browser. Returns the cookie for the response and the digest that the server stores. */
export async function bindBrowser(
  call: BindingCall,
): Promise<{ readonly cookie: string; readonly digest: string }> {
  const browser = readBrowser(call) ?? randomToken()
  const cookie = sessionCookie(cookieName(call), browser, isSecure(call))
  return { cookie, digest: await sha256(browser) }
}

/** Returns the digest of the browser's cookie; `undefined` for a browser without the cookie. */
export async function browserDigest(call: BindingCall): Promise<string | undefined> {
  const browser = readBrowser(call)
  return browser === undefined ? undefined : sha256(browser)
}

/**
 * Refuses the answer to a consent page from any browser but the one that was shown the page.
 *
 * @throws `access_denied`
 */
export async function refuseOtherBrowsers(
  call: BindingCall & { readonly emit: EventListener },
  pending: Pick<PendingConsent, 'browserDigest' | 'query'>,
): Promise<void> {
  const presented = await browserDigest(call)
  if (presented !== undefined && constantTimeEqual(presented, pending.browserDigest)) return
  throw rejectedConsent(
    call,
    'other_browser',
    new URLSearchParams(pending.query).get('client_id') ?? undefined,
  )
}

function readBrowser(call: BindingCall): string | undefined {
  const browser = readCookie(call.http, cookieName(call))
  return browser !== undefined && /^[\w-]{43}$/.test(browser) ? browser : undefined
}

/** `__Host-` keeps other hosts of the domain from setting the cookie. Browsers accept the prefix only over https. */
function cookieName(call: BindingCall): string {
  return isSecure(call) ? '__Host-tollgate-browser' : 'tollgate-browser'
}

/** By configuration, not by connection: behind a proxy, the last hop is often plain http. */
function isSecure({ server }: BindingCall): boolean {
  return server.urls.authorize.startsWith('https:')
}
