import { describe, expect, test } from 'vitest'
import { escapeHtml, html } from '../../../src/authorization-server/pages/html.js'

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
    expect(html`${0}${undefined}${false}${''}`.html).toBe('0')
  })

  test('keeps templates inside templates, and lists of them', () => {
    const items = ['<a>', '<b>'].map((item) => html`<li>${item}</li>`)
    expect(html`<ul>${items}${['<c>', html`<d>`]}</ul>`.html).toBe(
      '<ul><li>&#60;a&#62;</li><li>&#60;b&#62;</li>&#60;c&#62;<d></ul>',
    )
  })
})
