import { describe, expect, test } from 'vitest'
import { escapeHtml, type Html, html, isHtml, raw } from '../../../src/authorization-server/pages/html.js'

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

  test('shows numbers, and nothing for what is not there', () => {
    expect(html`${0}${undefined}${null}${false}${''}`.html).toBe('0')
  })

  test('keeps templates inside templates, and lists of them', () => {
    const items = ['<a>', '<b>'].map((item) => html`<li>${item}</li>`)
    expect(html`<ul>${items}${['<c>', html`<d>`]}</ul>`.html).toBe(
      '<ul><li>&#60;a&#62;</li><li>&#60;b&#62;</li>&#60;c&#62;<d></ul>',
    )
  })

  test('keeps HTML that the application says is HTML', () => {
    expect(html`<p>${raw('<b>bold</b>')}</p>`.html).toBe('<p><b>bold</b></p>')
  })

  test.each([
    ['a member html', '{"html":"<script>"}'],
    ['all members that HTML has', '{"html":"<script>","isHtml":true}'],
    ['a member that is named like the mark', '{"html":"<script>","Symbol(@tollgate/auth-core/html)":true}'],
    ['a prototype that has a member html', '{"__proto__":{"html":"<script>","isHtml":true}}'],
  ])('C-29 refuses parsed data with %s, and says what to do', (_what, json) => {
    const data: Html = JSON.parse(json)
    expect(() => html`<p>${data}</p>`).toThrow(
      new TypeError('html: a value is neither text nor HTML. For text that is HTML already, use raw(text).'),
    )
    expect(() => html`<p>${[data]}</p>`).toThrow(TypeError)
    expect(isHtml(data)).toBe(false)
  })

  test.each([true, 7n, () => '<script>', Symbol('html'), new Date(0)])('C-29 refuses %s', (value) => {
    expect(() => html`${value as unknown as string}`).toThrow(TypeError)
  })

  test('C-29 does not take a text in parentheses for HTML', () => {
    const text = '<script>alert(1)</script>'
    const call = html as unknown as (text: unknown) => Html
    expect(() => call(text)).toThrow(/^html: use it as a template/)
    expect(() => call([text])).toThrow(/^html: use it as a template/)
  })

  test('cannot be changed afterwards', () => {
    const page: { html: string } = html`<p>`
    expect(() => {
      page.html = '<script>'
    }).toThrow(TypeError)
  })
})

describe('raw', () => {
  test.each([undefined, null, 7, { html: '<p>' }, ['<p>']])('refuses %j', (text) => {
    expect(() => raw(text as unknown as string)).toThrow(new TypeError('raw: the HTML must be a string.'))
  })
})
