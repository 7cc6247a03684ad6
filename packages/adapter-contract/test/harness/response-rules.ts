import type { OAuthErrorCode } from '@tollgate/auth-core'
import { expect } from 'vitest'
import { expectErrorPage, expectSafePage } from './expectations.js'
import { registeredUris, type Target, unapprovedUri, type ValidRequest } from './valid-requests.js'
import { bytesOf, urlOf, type WireRequest } from './wire-request.js'

const ofClients = ['invalid_request', 'invalid_client'] as const

/**
 * The errors that a client may receive by redirect (RFC 6749 section 4.1.2.1, RFC 8707 section 2, OpenID Connect Core
 * 3.1.2.6).
 */
const redirectCodes: readonly OAuthErrorCode[] = [
  'invalid_request',
  'unauthorized_client',
  'access_denied',
  'unsupported_response_type',
  'invalid_scope',
  'invalid_target',
  'request_not_supported',
  'request_uri_not_supported',
]

/** The error codes of each endpoint, by path. Clients know no others there. */
const codesOf: Readonly<Record<string, readonly OAuthErrorCode[]>> = {
  // RFC 6749 section 5.2, RFC 8707 section 2
  '/token': [
    ...ofClients,
    'invalid_grant',
    'unauthorized_client',
    'unsupported_grant_type',
    'invalid_scope',
    'invalid_target',
  ],
  // RFC 7009 section 2.2.1, RFC 7662 section 2.3
  '/revoke': ofClients,
  '/introspect': ofClients,
  // RFC 7591 section 3.2.2; `invalid_request` for another method
  '/register': ['invalid_client_metadata', 'invalid_redirect_uri', 'invalid_request'],
  // RFC 6750 section 3.1
  '/mcp': ['invalid_request', 'invalid_token', 'insufficient_scope'],
  // Errors for people, with or without a client
  '/authorize': [...ofClients, ...redirectCodes],
  '/consent': [...ofClients, 'access_denied'],
}

/** The statuses of a refusal: that of its code, or one about the method or the body. */
const statusesOf: Readonly<Partial<Record<OAuthErrorCode, readonly number[]>>> = {
  invalid_request: [400, 405, 413],
  invalid_client_metadata: [400, 413],
  invalid_client: [401],
  invalid_grant: [401],
  invalid_token: [401],
  access_denied: [403],
  insufficient_scope: [403],
}

/**
 * Expects what every response to an invalid request must be: an OAuth error, a page, or an allowed redirect. It must
 * not be a failure, nor contain what was sent.
 */
export async function expectProtocolResponse(
  { audience }: ValidRequest,
  { origin }: Target,
  wire: WireRequest,
  response: Response,
): Promise<void> {
  expect(response.status).toBeLessThan(500)
  const text = await response.clone().text()
  expectNothingInjected(origin, wire, response, text)
  if (response.status >= 400) expectNothingRepeated(wire, response, text)
  if (response.status >= 300 && response.status < 400) {
    expect(audience).toBe('person')
    return expectProperRedirect(origin, response)
  }
  if (wire.method === 'HEAD' && audience !== 'gate') return expect(text).toBe('')
  if (response.status < 300) {
    if (audience === 'person' && response.status === 200) expectSafePage(response)
    return
  }
  const isPage = audience === 'person' && response.status !== 405 && !prefersJson(wire)
  if (isPage) await expectErrorPage(response.clone(), response.status)
  else if (text !== '' || !(audience === 'gate' && response.status === 401))
    expectErrorDocument(wire, response, text)
  if (audience === 'gate') expect(response.headers.get('www-authenticate')).toMatch(/^Bearer /)
}

/** Expects that a refused request succeeds after its mistake is corrected. */
export async function expectCorrectable(
  { isSuccess, isOtherSuccess = isSuccess }: ValidRequest,
  target: Target,
  { good, answer }: { readonly good: WireRequest; readonly answer: Response },
): Promise<void> {
  if ((await isSuccess(answer)) || (await isOtherSuccess(answer))) return
  const mended = await target.send(good)
  expect([mended.status, await isSuccess(mended)]).toEqual([mended.status, true])
}

function prefersJson({ headers }: WireRequest): boolean {
  const { accept = '' } = headers
  return accept.includes('application/json') && !accept.includes('text/html')
}

function expectErrorDocument(wire: WireRequest, response: Response, text: string): void {
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(response.headers.get('cache-control')).toBe('no-store')
  const document = JSON.parse(text) as { readonly error: OAuthErrorCode; readonly error_description: string }
  expect(Object.keys(document)).toEqual(['error', 'error_description'])
  const { error, error_description: description } = document
  expect([wire.path, error, (codesOf[wire.path] ?? ['invalid_request']).includes(error)]).toEqual([
    wire.path,
    error,
    true,
  ])
  expect(statusesOf[error] ?? [400]).toContain(response.status)
  // RFC 6749 section 5.2
  expect(description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
}

/** To a registered URI, with the issuer, or to the application's login page. */
function expectProperRedirect(origin: string, response: Response): void {
  const location = response.headers.get('location') ?? ''
  if (location.startsWith(`${origin}/login?next=`)) return
  expect(location).toMatch(/^[\x21-\x7e]+$/)
  const isRegistered = registeredUris.some((uri) => {
    // The client chooses the port of a loopback address.
    const [before = '', after = ''] = uri.split(':7777')
    const place = location.startsWith(before) ? location.slice(before.length).replace(/^:\d+/, '') : ''
    return uri.includes(':7777') ? place.startsWith(`${after}?`) : /^[?&]/.test(location.slice(uri.length))
  })
  expect([location, isRegistered]).toEqual([location, true])
  const { searchParams } = new URL(location)
  expect(searchParams.getAll('iss')).toEqual([origin])
  for (const error of searchParams.getAll('error')) expect(redirectCodes).toContain(error)
  expect(searchParams.getAll('error').length + searchParams.getAll('code').length).toBe(1)
}

/** A refusal uses its own words: neither credentials nor other long values come back. */
function expectNothingRepeated(wire: WireRequest, { headers }: Response, text: string): void {
  const said = [...headers.values(), withoutLink(text)].join('\n')
  for (const one of textsOf(wire)) expect(said).not.toContain(one)
}

/** The only link of a page may be an authorization response, which repeats the state and the redirect URI. */
function withoutLink(page: string): string {
  const [before = '', link = '', after = ''] = page.split(/(<a href="[^"<>]*" rel="noreferrer nofollow">)/)
  const isToStranger = link.startsWith(`<a href="${unapprovedUri}?`)
  const isToWaitingProgram =
    /^<a href="http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])[/:?]/.test(link) &&
    link.includes('error=unauthorized_client&')
  return isToStranger || isToWaitingProgram ? before + after : page
}

/** Values of the request that are too long to appear by chance. */
function textsOf(wire: WireRequest): string[] {
  const { body, query, headers } = wire
  const pairs = [...query, ...(body.kind === 'form' ? body.pairs : [])].flat()
  const members = body.kind === 'json' ? body.members.flat() : []
  const { authorization = '', cookie = '' } = headers
  const all = [...pairs, ...members, ...[authorization, cookie].flatMap((value) => value.split(/[ ;=,]+/))]
  // Descriptions contain names of parameters.
  return all.filter(
    (one): one is string => typeof one === 'string' && !/^[a-z_]*$/.test(one) && one.length > 20,
  )
}

/** Nothing sent becomes markup, a header or a cookie of the response. */
function expectNothingInjected(origin: string, wire: WireRequest, response: Response, text: string): void {
  for (const cookie of response.headers.getSetCookie()) {
    expect(cookie).toMatch(
      /^(?:__Host-)?tollgate-browser=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax(?:; Secure)?$/,
    )
  }
  if (!(response.headers.get('content-type') ?? '').startsWith('text/html')) return
  expect(text).not.toMatch(/<script|<img|\son\w+=|javascript:/i)
  const { searchParams } = new URL(urlOf(origin, wire))
  const sent = [...searchParams, ...new URLSearchParams(new TextDecoder().decode(bytesOf(wire)))].flat()
  // Text that begins like the page's own markup would be found there.
  for (const one of sent.filter((value) => /[<>"'`]/.test(value) && value.length > 8)) {
    expect(text).not.toContain(one)
  }
}
