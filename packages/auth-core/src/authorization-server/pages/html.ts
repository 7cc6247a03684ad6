/**
 * HTML that {@link html} or {@link raw} returned. Templates and pages accept no other object as HTML, because data from
 * JSON, a form or a database may have any members.
 */
export interface Html {
  readonly html: string
  /** Excludes other objects at compile time. Proves nothing at run time. */
  readonly isHtml: true
}

/** Registered, so that two copies of this package accept each other's HTML. Parsed data never has symbols. */
const mark: unique symbol = Symbol.for('@tollgate/auth-core/html')

type Value = string | number | undefined | null | false | Html | readonly (string | Html)[]

/**
 * Returns a template as HTML, with its values escaped. Does not escape values that are already HTML: other templates,
 * {@link raw} HTML, and lists of them. Omits `undefined`, `null` and `false`.
 *
 * Escapes for text and for quoted attributes. Does **not** escape for unquoted attributes, scripts, styles and URLs.
 *
 * @throws `TypeError` for any other value, or if called as a function.
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
  // A call html(text) would not escape the text.
  if (!Array.isArray(strings) || !Array.isArray(strings.raw))
    throw new TypeError(
      'html: must be used as a template, html`...`. Use raw(text) for text that is already HTML.',
    )
  return marked(String.raw({ raw: strings }, ...values.map(toHtml)))
}

/**
 * Returns text as HTML, for example the output of a template engine. Does **not** escape it: never pass text that a user
 * or a client has written.
 *
 * @throws `TypeError` for anything but a string.
 */
export function raw(text: string): Html {
  if (typeof text !== 'string') throw new TypeError('raw: "text" must be a string.')
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
  throw new TypeError(
    'html: a value must be text, a number or HTML. Use raw(text) for text that is already HTML.',
  )
}

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`)
}
