import { describe, expect, test } from 'vitest'
import { escapeHtml, type Html, html, isHtml, raw } from '../../../src/authorization-server/pages/html.js'

test('C-29 escapeHtml escapes every character that could be markup', () => {
  expect(escapeHtml(`<script>alert("x" + 'y' + \`z\`)</script> & more`)).toBe(
    '&#60;script&#62;alert(&#34;x&#34; + &#39;y&#39; + &#96;z&#96;)&#60;/script&#62; &#38; more',
  )
})

describe('C-29 a template', () => {
  test('C-29 a template escapes values in text and in attributes', () => {
    const name = '"><img src=x onerror=alert(1)>'
    expect(html`<a title="${name}">${name}</a>`.html).toBe(
      '<a title="&#34;&#62;&#60;img src=x onerror=alert(1)&#62;">&#34;&#62;&#60;img src=x onerror=alert(1)&#62;</a>',
    )
  })

  test('a template renders numbers and omits undefined, null and false', () => {
    expect(html`${0}${undefined}${null}${false}${''}`.html).toBe('0')
  })

  test('a template does not escape nested templates and lists of them', () => {
    const items = ['<a>', '<b>'].map((item) => html`<li>${item}</li>`)
    expect(html`<ul>${items}${['<c>', html`<d>`]}</ul>`.html).toBe(
      '<ul><li>&#60;a&#62;</li><li>&#60;b&#62;</li>&#60;c&#62;<d></ul>',
    )
  })

  test('a template does not escape raw HTML', () => {
    expect(html`<p>${raw('<b>bold</b>')}</p>`.html).toBe('<p><b>bold</b></p>')
  })

  test.each([
    ['the member html', '{"html":"<script>"}'],
    ['all members of HTML', '{"html":"<script>","isHtml":true}'],
    ['a member named like the mark', '{"html":"<script>","Symbol(@tollgate/auth-core/html)":true}'],
    ['the member html on its prototype', '{"__proto__":{"html":"<script>","isHtml":true}}'],
  ])('C-29 a template rejects parsed data with %s and names the fix', (_what, json) => {
    const data: Html = JSON.parse(json)
    expect(() => html`<p>${data}</p>`).toThrow(
      new TypeError(
        'html: a value must be text, a number or HTML. Use raw(text) for text that is already HTML.',
      ),
    )
    expect(() => html`<p>${[data]}</p>`).toThrow(TypeError)
    expect(isHtml(data)).toBe(false)
  })

  test.each([true, 7n, () => '<script>', Symbol('html'), new Date(0)])(
    'C-29 a template rejects the value %s',
    (value) => {
      expect(() => html`${value as unknown as string}`).toThrow(TypeError)
    },
  )

  test('C-29 html rejects a call as a function', () => {
    const text = '<script>alert(1)</script>'
    const call = html as unknown as (text: unknown) => Html
    expect(() => call(text)).toThrow(/^html: must be used as a template/)
    expect(() => call([text])).toThrow(/^html: must be used as a template/)
  })

  test('HTML of a template is immutable', () => {
    const page: { html: string } = html`<p>`
    expect(() => {
      page.html = '<script>'
    }).toThrow(TypeError)
  })
})

describe('raw', () => {
  test.each([undefined, null, 7, { html: '<p>' }, ['<p>']])('raw rejects %j', (text) => {
    expect(() => raw(text as unknown as string)).toThrow(new TypeError('raw: "text" must be a string.'))
  })
})
