import { expect, test } from 'vitest'
import { html } from '../../../src/authorization-server/pages/html.js'
import { pageResponse } from '../../../src/authorization-server/pages/page-response.js'

const document = html`<p>x</p>`

test('C-26 C-27 L-11 O-08 the headers of a page forbid frames, storage, the Referer header, scripts and loading', () => {
  expect(pageResponse(document, { status: 200, styleNonce: 'n', sources: {}, hasForm: true })).toEqual({
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; style-src 'nonce-n'; frame-ancestors 'none'; base-uri 'none'",
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    },
    body: '<p>x</p>',
  })
})

test('C-27 the policy of a page without a form blocks every form', () => {
  const { headers } = pageResponse(document, { status: 400, styleNonce: 'n', sources: {} })
  expect(headers['content-security-policy']).toContain("form-action 'none'")
})

test('C-26 the policy of a page allows only the listed sources and no scripts', () => {
  const sources = { 'style-src': ["'self'"], 'img-src': ["'self'", 'data:'] }
  const { headers } = pageResponse(document, { status: 200, styleNonce: 'n', sources })
  expect(headers['content-security-policy']).toMatch(
    /^default-src 'none'; style-src 'self' 'nonce-n'; img-src 'self' data:; form-action/,
  )
})
