/** Text that is HTML already. */
export interface Html {
  readonly html: string
}

type Value = string | number | undefined | false | Html | readonly (string | Html)[]

/**
 * A template whose values are escaped, unless they are HTML already: other templates, and lists of them. `undefined`
 * and `false` are nothing.
 *
 * Escapes for text and for attributes in quotes. Not for attributes without quotes, scripts, styles and addresses.
 *
 * @example html`<h1 title="${name}">${name}</h1>${links.map((link) => html`<li>${link}</li>`)}`
 */
export function html(strings: TemplateStringsArray, ...values: Value[]): Html {
  return { html: String.raw({ raw: strings }, ...values.map(toHtml)) }
}

function toHtml(value: Value): string {
  if (value === undefined || value === false) return ''
  if (typeof value === 'string') return escapeHtml(value)
  if (typeof value === 'number') return String(value)
  return Array.isArray(value) ? value.map(toHtml).join('') : (value as Html).html
}

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`)
}
