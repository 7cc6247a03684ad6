import { html, OAuthProvider } from '@tollgate/auth-core'
import { options } from './your-options.js'

export const auth = new OAuthProvider({
  ...options,
  consentPage: ({ client, destination, scopes, action, transaction }) => html`<!doctype html>
<html lang="de"><title>Zugriff erlauben?</title><link rel="stylesheet" href="/site.css"><main>
<h1>${client.client_name ?? 'Ein Programm ohne Namen'} möchte deine Notizen benutzen</h1>
<p>Du kommst zurück zu: ${'host' in destination ? destination.host : destination.scheme}</p>
<ul>${scopes.map(({ name, description }) => html`<li>${description ?? name}</li>`)}</ul>
<form method="post" action="${action}">
<input type="hidden" name="transaction" value="${transaction}">
<button name="decision" value="deny">Ablehnen</button><button name="decision" value="allow">Erlauben</button>
</form></main></html>`,
})
