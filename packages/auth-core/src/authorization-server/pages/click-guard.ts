import { type Html, html, raw } from './html.js'

/**
 * Returns styles that block a click that was meant for another page. Such a click is the second of a double click whose
 * first one opened or uncovered this page. Pages have no script, so a cover takes the clicks. It disappears half a second
 * after the mouse has reached the page, which is as long as a double click may take. A click on the cover restarts that
 * time. Keys and assistive technology reach what is below the cover immediately.
 *
 * - The time starts with the mouse, not when the page loads: the page may wait for minutes behind another window.
 * - An animation, not a transition: an element that appears under the mouse has no state to start a transition from.
 * - A finger does not hover before it taps. On touch screens, the time therefore starts with the first paint, and browsers
 *   do not paint pages in the background.
 *
 * @param area The element that the mouse must reach.
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

/** The cover of the positioned element around it, on a page that has `clickGuardStyle`. */
export const clickGuard: Html = html`<span class="tollgate-guard"></span>`

/**
 * Covers a whole page of the application, because the library does not know where its buttons are. Browsers move what
 * follows the end of a document into its body.
 */
export function withClickGuard(page: Html, styleNonce: string): Html {
  const style = `${clickGuardStyle('body')}body > .tollgate-guard { position: fixed }\n`
  return html`${page}\n<style nonce="${styleNonce}">${raw(style)}</style>${clickGuard}\n`
}
