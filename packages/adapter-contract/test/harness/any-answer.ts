import type { OAuthErrorCode } from '@tollgate/auth-core'
import { expect } from 'vitest'
import { expectErrorPage, expectSafePage } from './expectations.js'
import { registeredUris, type Target, type ValidRequest } from './valid-requests.js'
import { bytesOf, urlOf, type WireRequest } from './wire-request.js'

/** Every error code that there is: the compiler sees to it that none is missing and none is made up. */
const errorCodes: Record<OAuthErrorCode, true> = {
  invalid_request: true,
  invalid_client: true,
  invalid_grant: true,
  unauthorized_client: true,
  unsupported_grant_type: true,
  unsupported_response_type: true,
  invalid_scope: true,
  access_denied: true,
  server_error: true,
  temporarily_unavailable: true,
  invalid_token: true,
  insufficient_scope: true,
  invalid_redirect_uri: true,
  invalid_client_metadata: true,
  invalid_target: true,
  request_not_supported: true,
  request_uri_not_supported: true,
}

/**
 * Expects of an answer what every answer to a bad request is: an error in the terms of the protocol, a page, or a
 * redirect to where one may go; never a failure, and never what was sent.
 */
export async function expectProperAnswer(
  { audience }: ValidRequest,
  { origin }: Target,
  wire: WireRequest,
  response: Response,
): Promise<void> {
  expect(response.status).toBeLessThan(500)
  const text = await response.clone().text()
  expectNothingInjected(origin, wire, response, text)
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
    expectErrorDocument(response, text)
}

/** Expects that a request that was not successful was refused only: without what was wrong with it, it succeeds. */
export async function expectMendable(
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

function expectErrorDocument(response: Response, text: string): void {
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(response.headers.get('cache-control')).toBe('no-store')
  const document = JSON.parse(text) as Record<string, string>
  expect(Object.keys(document)).toEqual(['error', 'error_description'])
  expect(Object.keys(errorCodes)).toContain(document['error'])
  // RFC 6749 section 5.2
  expect(document['error_description']).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
}

/** To what is registered, with the issuer, or to where the application signs users in. */
function expectProperRedirect(origin: string, response: Response): void {
  const location = response.headers.get('location') ?? ''
  if (location.startsWith(`${origin}/login?next=`)) return
  expect(location).toMatch(/^[\x21-\x7e]+$/)
  const isRegistered = registeredUris.some((uri) => {
    // The port of a loopback address is for the client to choose.
    const [before = '', after = ''] = uri.split(':7777')
    const place = location.startsWith(before) ? location.slice(before.length).replace(/^:\d+/, '') : ''
    return uri.includes(':7777') ? place.startsWith(`${after}?`) : /^[?&]/.test(location.slice(uri.length))
  })
  expect([location, isRegistered]).toEqual([location, true])
  expect(new URL(location).searchParams.getAll('iss')).toEqual([origin])
}

/** Nothing that was sent is markup, a header or a cookie of the answer. */
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
  // What begins like a page's own markup would be found there.
  for (const one of sent.filter((value) => /[<>"'`]/.test(value) && value.length > 8)) {
    expect(text).not.toContain(one)
  }
}
