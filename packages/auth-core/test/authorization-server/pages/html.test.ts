import { describe, expect, test } from 'vitest'
import { escapeHtml, html, page } from '../../../src/authorization-server/pages/html.js'

test('C-29 what could be markup is text', () => {
  expect(escapeHtml(`<script>alert("x" + 'y' + \`z\`)</script> & more`)).toBe(
    '&#60;script&#62;alert(&#34;x&#34; + &#39;y&#39; + &#96;z&#96;)&#60;/script&#62; &#38; more',
  )
})

describe('C-29 a template', () => {
  test('C-29 escapes its values, wherever they are', () => {
    const name = '"><img src=x onerror=alert(1)>'
    expect(html`<a title="${name}">${name}</a>`.html).toBe(
      '<a title="&#34;&#62;&#60;img src=x onerror=alert(1)&#62;">&#34;&#62;&#60;img src=x onerror=alert(1)&#62;</a>',
    )
  })

  test('keeps templates inside templates, and lists of them', () => {
    const items = ['<a>', '<b>'].map((item) => html`<li>${item}</li>`)
    expect(html`<ul>${items}${['<c>', html`<d>`]}</ul>`.html).toBe(
      '<ul><li>&#60;a&#62;</li><li>&#60;b&#62;</li>&#60;c&#62;<d></ul>',
    )
  })
})

test('C-26 C-27 L-11 O-08 a page cannot be framed, kept or followed, and runs and loads nothing', () => {
  const answer = page({
    status: 200,
    title: 'T & T',
    content: html`<p>x</p>`,
    formTargets: ['https:', 'cursor:'],
  })
  const nonce = /<style nonce="([\w-]{22})">/.exec(answer.body ?? '')?.[1]
  expect(nonce).toBeDefined()
  expect(answer.headers).toEqual({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self' https: cursor:; frame-ancestors 'none'; base-uri 'none'`,
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  })
  expect(answer.body).toContain('<title>T &#38; T</title>')
  expect(answer.body).not.toMatch(/<script|<link|<img|<iframe|url\(|https?:\/\//)
})

test('C-27 a page without a form allows none', () => {
  const { headers } = page({ status: 400, title: 'x', content: html`` })
  expect(headers['content-security-policy']).toContain("form-action 'none'")
})
