/** A form of a page, as much as pressing one of its buttons needs. */
export interface HtmlForm {
  readonly method: 'get' | 'post'
  readonly action: string
  /** The fields that the form sends besides the button. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly buttons: readonly HtmlButton[]
}

export interface HtmlButton {
  readonly label: string
  readonly name: string | undefined
  readonly value: string
}

/** Enough HTML for the sign-in and consent pages of our own server. Not for pages from elsewhere. */
export function readForms(html: string): HtmlForm[] {
  return [...html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gis)].map(([, attributes = '', content = '']) => {
    const form = readAttributes(attributes)
    const inputs = [...content.matchAll(/<input\b([^>]*)>/gi)].map(([, input = '']) => readAttributes(input))
    const candidates = [
      ...inputs.map((input) => ({ attributes: input, label: input['value'] ?? '', defaultType: 'text' })),
      ...[...content.matchAll(/<button\b([^>]*)>(.*?)<\/button>/gis)].map(([, button = '', label = '']) => ({
        attributes: readAttributes(button),
        label: readText(label),
        defaultType: 'submit',
      })),
    ]
    return {
      method: form['method']?.toLowerCase() === 'post' ? 'post' : 'get',
      action: form['action'] ?? '',
      fields: inputs
        .filter(({ type, checked }) => type !== 'submit' && (type !== 'checkbox' || checked !== undefined))
        .flatMap(({ name, value = '' }) => (name === undefined ? [] : [[name, value] as const])),
      buttons: candidates
        .filter(({ attributes: { type }, defaultType }) => (type ?? defaultType) === 'submit')
        .map(({ attributes: { name, value = '' }, label }) => ({ name, value, label })),
    }
  })
}

/** The visible text of a page. */
export function readText(html: string): string {
  const text = html.replaceAll(/<(style|script|head)\b.*?<\/\1>/gis, ' ').replaceAll(/<[^>]*>/g, ' ')
  return unescapeHtml(text).replaceAll(/\s+/g, ' ').trim()
}

export function readTitle(html: string): string {
  return readText(/<title\b[^>]*>(.*?)<\/title>/is.exec(html)?.[1] ?? 'a page without a title')
}

function readAttributes(text: string): Record<string, string | undefined> {
  const attributes = [...text.matchAll(/([\w-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g)]
  return Object.fromEntries(
    attributes.map(([, name = '', double, single, bare]) => [
      name.toLowerCase(),
      unescapeHtml(double ?? single ?? bare ?? ''),
    ]),
  )
}

const namedEntities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
}

function unescapeHtml(text: string): string {
  return text.replaceAll(
    /&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi,
    (entity, decimal?: string, hex?: string, name?: string) => {
      if (decimal !== undefined) return String.fromCodePoint(Number(decimal))
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
      return namedEntities[name ?? ''] ?? entity
    },
  )
}
