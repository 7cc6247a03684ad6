/**
 * HTML that {@link html} or {@link raw} made. Nothing else is HTML to a template or a page, whatever members it has: what
 * was parsed from JSON, a form or a database may have any.
 */
export interface Html {
  readonly html: string
  /** Keeps other objects out at compile time. At run time, it says nothing. */
  readonly isHtml: true
}

/** Registered, so that two copies of this package know each other's HTML. No parsed data has a symbol. */
const mark: unique symbol = Symbol.for('@tollgate/auth-core/html')

type Value = string | number | undefined | null | false | Html | readonly (string | Html)[]

/**
 * A template whose values are escaped, unless they are HTML already: other templates, {@link raw} HTML, and lists of them.
 * `undefined`, `null` and `false` are nothing.
 *
 * Escapes for text and for attributes in quotes. Not for attributes without quotes, scripts, styles and addresses.
 *
 * @throws `TypeError` for any other value, and if it is called like a function.
 *
 * @example
 * ```ts
 * export const auth = new OAuthProvider({
 *   ...options,
 *   consentPage: ({ client, destination, scopes, action, transaction }) => html`<!doctype html>
 * <html lang="de"><title>Zugriff erlauben?</title><link rel="stylesheet" href="/site.css"><main>
 * <h1>${client.client_name ?? 'Ein Programm ohne Namen'} möchte deine Notizen benutzen</h1>
 * <p>Du kommst zurück zu: ${'host' in destination ? destination.host : destination.scheme}</p>
 * <ul>${scopes.map(({ name, description }) => html`<li>${description ?? name}</li>`)}</ul>
 * <form method="post" action="${action}">
 * <input type="hidden" name="transaction" value="${transaction}">
 * <button name="decision" value="deny">Ablehnen</button><button name="decision" value="allow">Erlauben</button>
 * </form></main></html>`,
 * })
 * ```
 */
export function html(strings: TemplateStringsArray, ...values: Value[]): Html {
  // A text in parentheses would become HTML as it is.
  if (!Array.isArray(strings) || !Array.isArray(strings.raw))
    throw new TypeError(
      'html: use it as a template, html`...`. For text that is HTML already, use raw(text).',
    )
  return marked(String.raw({ raw: strings }, ...values.map(toHtml)))
}

/**
 * Text that is HTML already, for example from a template engine. It is shown as it is: never use it for what a user or a
 * client has written.
 *
 * @throws `TypeError` for anything but a string.
 */
export function raw(text: string): Html {
  if (typeof text !== 'string') throw new TypeError('raw: the HTML must be a string.')
  return marked(text)
}

/** Whether something is HTML that `html` or `raw` made. */
export function isHtml(value: unknown): value is Html {
  return (
    typeof value === 'object' &&
    value !== null &&
    mark in value &&
    value[mark] === true &&
    'html' in value &&
    typeof value.html === 'string'
  )
}

function marked(text: string): Html {
  const made: Html & { readonly [mark]: true } = { html: text, isHtml: true, [mark]: true }
  return Object.freeze(made)
}

function toHtml(value: Value): string {
  if (value === undefined || value === null || value === false) return ''
  if (typeof value === 'string') return escapeHtml(value)
  if (typeof value === 'number') return String(value)
  if (isHtml(value)) return value.html
  if (Array.isArray(value)) return value.map(toHtml).join('')
  throw new TypeError('html: a value is neither text nor HTML. For text that is HTML already, use raw(text).')
}

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`)
}
