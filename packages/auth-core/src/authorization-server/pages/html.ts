import { randomToken } from '../../crypto.js'
import type { HttpResponse } from '../../http/http-response.js'

/** Text that is HTML already. */
export interface Html {
  readonly html: string
}

type Value = string | Html | readonly (string | Html)[]

/** A template whose values are escaped, unless they are HTML that this template made. */
export function html(strings: TemplateStringsArray, ...values: Value[]): Html {
  return { html: String.raw({ raw: strings }, ...values.map(toHtml)) }
}

function toHtml(value: Value): string {
  if (typeof value === 'string') return escapeHtml(value)
  return Array.isArray(value) ? value.map(toHtml).join('') : (value as Html).html
}

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`)
}

const style = `
:root { color-scheme: light dark; --line: light-dark(#d5d9e0, #3a4150); --quiet: light-dark(#566072, #a4adbd) }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem;
  font: 1rem/1.5 system-ui, sans-serif; background: light-dark(#f4f5f8, #14171d); color: light-dark(#181c25, #eceff5) }
main { width: 100%; max-width: 28rem; padding: 1.5rem; border: 1px solid var(--line); border-radius: .75rem;
  background: light-dark(#fff, #1d212a); overflow-wrap: anywhere }
h1 { font-size: 1.3rem; line-height: 1.3; margin: 0 0 1rem }
dl { margin: 0 0 1rem } dt { color: var(--quiet); font-size: .875rem } dd { margin: 0 0 .75rem; font-weight: 600 }
ul { margin: 0; padding-left: 1.2rem; font-weight: 400 }
.warning { border-left: .25rem solid #c77700; padding: .5rem .75rem; margin: 0 0 1rem }
form { display: flex; gap: .75rem }
button { flex: 1; font: inherit; font-weight: 600; padding: .65rem; border-radius: .5rem; cursor: pointer;
  border: 1px solid var(--line); background: transparent; color: inherit }
button[value=allow] { background: light-dark(#1d4ed8, #3b6df0); border-color: transparent; color: #fff }
button:focus-visible { outline: 3px solid light-dark(#1d4ed8, #9db8ff); outline-offset: 2px }
`

export interface Page {
  readonly status: number
  readonly title: string
  readonly content: Html
  /** Where a form of the page may lead in the end, as CSP sources: browsers check the redirects of a form, too. */
  readonly formTargets?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
}

/** A page without script, that nobody can frame, keep, or learn the address of. */
export function page({ status, title, content, formTargets = [], headers = {} }: Page): HttpResponse {
  const nonce = randomToken(16)
  const formAction = formTargets.length === 0 ? "'none'" : ["'self'", ...formTargets].join(' ')
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    `form-action ${formAction}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ]
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style nonce="${nonce}">${{ html: style }}</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.join('; '),
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      ...headers,
    },
    body: document.html,
  }
}
