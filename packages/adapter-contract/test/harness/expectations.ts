import { expect } from 'vitest'
import type { RawAnswer } from './raw-http.js'

/** The characters of a description (RFC 6749 section 5.2). */
const descriptionCharacters = /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/

/** File names and lines of a stack trace. */
const insides = /\bat .+:\d+:\d+|node_modules|\.[jt]s:\d+/

/**
 * Expects the error document of RFC 6749 section 5.2 with exactly two members, and no caching.
 *
 * @returns the text, to compare it with another one.
 */
export async function expectOAuthError(response: Response, status: number, error: string): Promise<string> {
  const text = await response.text()
  expect([response.status, text]).toEqual([status, expect.stringContaining(`"error":"${error}"`)])
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  expect(response.headers.get('cache-control')).toBe('no-store')
  const document = JSON.parse(text) as Record<string, unknown>
  expect(document).toEqual({ error, error_description: expect.stringMatching(descriptionCharacters) })
  expect(text).not.toMatch(insides)
  return text
}

/** Expects a 503 with `Retry-After` and no details. */
export async function expectOutage(response: Response): Promise<void> {
  await expectOAuthError(response, 503, 'temporarily_unavailable')
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
}

/** Every page forbids framing and caching and sends no referrer. */
export function expectSafePage(response: Response): void {
  const { headers } = response
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
  expect(headers.get('x-frame-options')).toBe('DENY')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('referrer-policy')).toBe('no-referrer')
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('access-control-allow-origin')).toBeNull()
}

/** Expects an error page without a redirect. Returns its HTML. */
export async function expectErrorPage(response: Response, status: number): Promise<string> {
  const page = await response.text()
  expect([response.status, response.headers.get('location')]).toEqual([status, null])
  expectSafePage(response)
  expect(page).toContain('cannot continue')
  expect(page).not.toMatch(insides)
  return page
}

export interface ExpectedRedirect {
  /** The start of the URL, byte for byte. */
  readonly to: string
  readonly issuer: string
  /** `null` for a request without a state. Default: that of `authorizationUrl`. */
  readonly state?: string | null
  readonly status?: 302 | 303
}

/** Expects an authorization response with exactly one `iss`, the state of the request, and no repeated parameter. */
export function expectRedirect(response: Response, expected: ExpectedRedirect): URLSearchParams {
  const location = response.headers.get('location') ?? ''
  expect([response.status, location]).toEqual([expected.status ?? 302, expect.stringMatching(/./)])
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(response.headers.get('referrer-policy')).toBe('no-referrer')
  expect(response.headers.get('access-control-allow-origin')).toBeNull()
  return expectResponseUrl(location, expected)
}

function expectResponseUrl(location: string, { to, issuer, state = 'st@te+ /%' }: ExpectedRedirect) {
  expect(location).toMatch(/^[\x21-\x7e]+$/)
  expect(location.startsWith(to)).toBe(true)
  expect(location).not.toContain('#')
  const { searchParams } = new URL(location)
  expect(searchParams.getAll('iss')).toEqual([issuer])
  expect(searchParams.getAll('state')).toEqual(state === null ? [] : [state])
  expect(new Set(searchParams.keys()).size).toBe([...searchParams.keys()].length)
  return searchParams
}

/** Expects an error by redirect and no code. */
export function expectErrorRedirect(response: Response, error: string, expected: ExpectedRedirect): void {
  expectErrorParameters(expectRedirect(response, expected), error)
}

/**
 * Expects an error page whose only link is the redirect, and which names the host or scheme it leads to. Returns the
 * page.
 */
export async function expectErrorLink(
  response: Response,
  status: number,
  error: string,
  expected: Omit<ExpectedRedirect, 'status'>,
): Promise<string> {
  const page = await expectErrorPage(response, status)
  const links = [...page.matchAll(/<a\s[^>]*>[^<]*<\/a>/g)].map(([link]) => link)
  const { protocol, host } = new URL(expected.to)
  const place = protocol.startsWith('http') ? host : `the application that opens ${protocol} links`
  expect(links).toEqual([
    expect.stringMatching(/^<a href="[^"]+" rel="noreferrer nofollow">Continue to [^<]+<\/a>$/),
  ])
  const [, href = '', text] = /href="([^"]+)".*>(.+)<\/a>/.exec(links[0] ?? '') ?? []
  expect(text).toBe(`Continue to ${place}`)
  const url = href.replaceAll(/&#(\d+);/g, (_reference, code) => String.fromCharCode(Number(code)))
  expectErrorParameters(expectResponseUrl(url, expected), error)
  // Nothing else on the page leads there, with or without the user.
  expect(page.replace(links[0] ?? '', '')).not.toMatch(/<form|<meta http-equiv|<script|\bhref=|\bsrc=/i)
  expect(response.headers.get('refresh')).toBeNull()
  return page
}

function expectErrorParameters(parameters: URLSearchParams, error: string): void {
  expect(parameters.getAll('error')).toEqual([error])
  expect(parameters.get('error_description')).toMatch(descriptionCharacters)
  expect(parameters.get('error_description')).not.toMatch(insides)
  expect(parameters.has('code')).toBe(false)
}

/** Expects a redirect with a code. Returns the code. */
export function expectCode(response: Response, expected: ExpectedRedirect): string {
  const parameters = expectRedirect(response, expected)
  expect(parameters.has('error')).toBe(false)
  const code = parameters.get('code') ?? ''
  // 256 bits in base64url.
  expect(code).toMatch(/^[\w-]{43}$/)
  return code
}

/**
 * Expects the response of a gate that refuses: its body, caching and CORS headers.
 *
 * @param challenge The whole header, or `undefined` for none.
 */
export function expectGateRefusal(
  answer: RawAnswer,
  status: number,
  error: string | undefined,
  challenge: string | undefined,
): void {
  expect(answer.status).toBe(status)
  expect(answer.headers['www-authenticate']).toBe(challenge)
  expect(answer.headers['cache-control']).toBe('no-store')
  expect(answer.headers['access-control-allow-origin']).toBe('*')
  expect(answer.headers['access-control-expose-headers']).toMatch(/\bWWW-Authenticate\b/)
  if (error === undefined) {
    expect(answer.body).toBe('')
    expect(answer.headers['content-type']).toBeUndefined()
  } else {
    expect(answer.headers['content-type']).toBe('application/json')
    expect(JSON.parse(answer.body)).toEqual({ error, error_description: expect.stringMatching(/^[ -~]+$/) })
  }
}

/** The same for a refused token: the challenge repeats the error of the body. */
export function expectTokenRefusal(
  answer: RawAnswer,
  status: number,
  error: string,
  challenge: string,
): void {
  const { error_description: description } = JSON.parse(answer.body) as { error_description: string }
  const value = `${challenge}, error="${error}", error_description="${description}"`
  expectGateRefusal(answer, status, error, value)
}
