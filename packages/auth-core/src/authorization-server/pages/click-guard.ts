import { type Html, html, raw } from './html.js'

/**
 * Styles that keep a click from counting which was meant for another page: the second one of a double click whose first
 * one opened this page, or uncovered it. Pages have no script, so a cover takes the clicks. It is gone half a second
 * after the mouse has come to the page, which is as long as a double click may take. A click on the cover starts that
 * time again. Keys and assistive technology reach what is below it at once.
 *
 * - By the mouse, not by the time since the page was loaded: the page may have waited for minutes behind another window.
 * - An animation, not a transition: an element that is new under the mouse has no state that a transition could start from.
 * - A finger does not come before it taps, so on touch screens the time since the page was first painted counts. Browsers
 *   do not paint what is in the background.
 *
 * @param area The element that the mouse has come to.
 */
export const clickGuardStyle = (area: 'main' | 'body'): string => `
.tollgate-guard { position: absolute; z-index: 2147483647; top: 0; left: 0; width: 100%; height: 100%; cursor: progress;
  visibility: hidden; animation: tollgate-guard .5s }
@media (hover: hover) and (pointer: fine) {
  .tollgate-guard { visibility: visible; animation: none }
  ${area}:hover .tollgate-guard { visibility: hidden; animation: tollgate-guard .5s } }
${area} .tollgate-guard:active { visibility: visible; animation: none }
@keyframes tollgate-guard { from, to { visibility: visible } }
`

/** Covers the positioned element that it is in, on a page that has `clickGuardStyle`. */
export const clickGuard: Html = html`<span class="tollgate-guard"></span>`

/**
 * Adds the cover to a page of the application's own: over all of it, because nobody knows where its buttons are. What
 * comes after the end of a document belongs to its body.
 */
export function withClickGuard(page: Html, styleNonce: string): Html {
  const style = `${clickGuardStyle('body')}body > .tollgate-guard { position: fixed }\n`
  return html`${page}\n<style nonce="${styleNonce}">${raw(style)}</style>${clickGuard}\n`
}
