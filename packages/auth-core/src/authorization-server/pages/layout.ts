import { clickGuardStyle } from './click-guard.js'
import { type Html, html, raw } from './html.js'
import type { PageApplication } from './page.js'

/** Custom properties and a media query, because pages would be unreadable in browsers without `light-dark()`. */
const style = `
:root { color-scheme: light dark; --page: #f4f5f8; --card: #fff; --text: #181c25; --quiet: #566072;
  --line: #8a92a0; --hairline: #d5d9e0; --action: #1d4ed8; --caution: #b45309; --caution-card: #fff7ed }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171d; --card: #1d212a; --text: #eceff5; --quiet: #a4adbd;
    --line: #757f91; --hairline: #3a4150; --action: #2f60e6; --caution: #f0a04b; --caution-card: #2b2419 } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; min-height: 100svh; display: flex; flex-direction: column; align-items: center;
  justify-content: center; gap: 1rem; padding: 1rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; -webkit-text-size-adjust: 100% }
header, main { width: 100%; max-width: 28rem }
header { display: flex; align-items: center; justify-content: center; gap: .6rem; font-weight: 600 }
header img { height: 2rem; max-width: 8rem; object-fit: contain }
main { padding: 1.5rem; border: 1px solid var(--hairline); border-radius: .75rem; background: var(--card) }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 1rem }
h1, dd { overflow: hidden }
p { margin: 0 0 1rem }
main > :last-child { margin-bottom: 0 }
dl { margin: 0 0 1.25rem } dt { color: var(--quiet); font-size: .875rem }
dd { margin: 0 0 .75rem; font-weight: 600 }
ul { margin: 0; padding-left: 1.2rem; font-weight: 400 }
.caution { border: 1px solid var(--caution); border-left-width: .3rem; border-radius: .4rem; padding: .6rem .75rem;
  background: var(--caution-card) }
.quiet { color: var(--quiet); font-size: .875rem }
.guarded { position: relative }
form { display: flex; flex-wrap: wrap; gap: .75rem }
button, a { min-height: 2.75rem; padding: .5rem 1rem; font: inherit; font-weight: 600; cursor: pointer;
  border: 1px solid var(--line); border-radius: .5rem; background: transparent; color: inherit }
button { flex: 1 1 6.5rem }
a { display: block; text-align: center }
button[value=allow] { background: var(--action); border-color: var(--action); color: #fff }
button:focus-visible, a:focus-visible { outline: 3px solid var(--text); outline-offset: 2px }
@media (forced-colors: active) { button:focus-visible, a:focus-visible { outline-color: Highlight } }
`

export interface Layout {
  readonly application: PageApplication
  readonly styleNonce: string
  readonly title: string
  readonly content: Html
}

/** Returns the document of the library's own pages. */
export function layout({ application, styleNonce, title, content }: Layout): Html {
  const { name, logo } = application
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style nonce="${styleNonce}">${raw(style + clickGuardStyle('main'))}</style>
</head>
<body>
<header>${logo !== undefined && html`<img src="${logo}" alt="">`}<span>${name}</span></header>
<main>
${content}
</main>
</body>
</html>
`
}
