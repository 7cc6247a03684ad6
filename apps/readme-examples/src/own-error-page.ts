import { type Destination, html, OAuthProvider } from '@tollgate/auth-core'
import { options } from './your-options.js'

const nameOf = (to: Destination) => (to.kind === 'scheme' ? `${to.scheme}:` : to.host)

export const auth = new OAuthProvider({
  ...options,
  errorPage: ({ code, continueTo }) => html`<!doctype html>
<html lang="de"><title>Das ging nicht</title><main><h1>Das ging nicht</h1><p>${code}</p>
${
  continueTo !== undefined &&
  html`<p>Nur wenn du gerade von dort kommst:
<a href="${continueTo.url}">weiter zu ${nameOf(continueTo.destination)}</a></p>`
}</main></html>`,
})
