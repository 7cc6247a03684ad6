import fc from 'fast-check'
import { expect, test } from 'vitest'
import { escapeHtml, html } from '../../../src/authorization-server/pages/html.js'
import { runs } from '../../harness/property-runs.js'

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '<script>',
    '</p><img src=x onerror=a>',
    '" onclick="a',
    "'a",
    '&lt;',
    '&#60;',
    '<!--',
    ']]>',
    '`',
  ),
)

/** Decodes text as a browser does, for the character references that `escapeHtml` writes. */
const shown = (text: string) =>
  text.replaceAll(/&#(\d+);/g, (_reference, code: string) => String.fromCharCode(Number(code)))

test('C-30 L-12 an escaped text never becomes markup, and a browser shows the original text', () => {
  fc.assert(
    fc.property(anyText, anyText, (inside, attribute) => {
      const page = html`<p title="${attribute}">${inside}</p>`.html
      expect(page.match(/[<>"]/g)).toEqual(['<', '"', '"', '>', '<', '>'])
      expect(page.replaceAll(/&#\d+;/g, '')).not.toMatch(/[&'`]/)
      const [, title, content] = /^<p title="([^"]*)">([^<]*)<\/p>$/s.exec(page) ?? []
      expect([shown(title ?? ''), shown(content ?? '')]).toEqual([attribute, inside])
    }),
    runs(2000),
  )
})

test('L-12 a template escapes every text in a list', () => {
  fc.assert(
    fc.property(fc.array(anyText), (texts) => {
      expect(html`${texts}`.html).toBe(texts.map(escapeHtml).join(''))
      expect(html`${texts.map((text) => html`<i>${text}</i>`)}`.html.match(/<i>/g) ?? []).toHaveLength(
        texts.length,
      )
    }),
    runs(500),
  )
})
