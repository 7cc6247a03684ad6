import { memoryStore, type PendingAuthorization, type SignIn, type StaticClient } from '@tollgate/auth-core'
import { testClock } from '@tollgate/auth-testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ClientWebsite, documentClient, startClientWebsite } from '../harness/client-website.js'
import { expectCode, expectErrorLink, expectErrorPage, expectErrorRedirect } from '../harness/expectations.js'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { type NotesAppOptions, notesApp } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  codeForm,
  postForm,
  type RegisteredClient,
} from '../harness/oauth-driver.js'

const good = 'https://client.example/callback'
const evil = 'https://evil.example/callback'
const client = documentClient(good)
/** A request without its optional parameters. */
const brief = { redirect_uri: undefined, scope: undefined, resource: undefined }

/** An application with its own consent page that keeps each answer with the request it showed. */
function ownConsent() {
  const shown: PendingAuthorization[] = []
  const answers = new Map<string, 'allow' | 'deny'>()
  const signIn: SignIn = (_request, authorization) => {
    const answer = answers.get(authorization.resumeUrl)
    if (answer === 'deny') return { denied: true, by: 'user' }
    if (answer === 'allow') return { subject: 'alice', consentGiven: true }
    shown.push(authorization)
    return new Response(`May ${authorization.client.client_name}?`)
  }
  /** Presses a button of the page shown last. Returns where the browser goes. */
  const press = (answer: 'allow' | 'deny'): string => {
    const resumeUrl = shown.at(-1)?.resumeUrl ?? ''
    answers.set(resumeUrl, answer)
    return resumeUrl
  }
  return { shown, signIn, press }
}

describe.each(hosts)('$name', ({ start }) => {
  const now = testClock()
  let site: ClientWebsite
  const running: RunningHost[] = []
  beforeEach(async () => {
    site = await startClientWebsite()
  })
  afterEach(async () => {
    for (const one of running.splice(0)) await one.close()
    await site.close()
  })

  async function run(options: NotesAppOptions): Promise<RunningHost> {
    const host = await start(notesApp({ now, ssrfSafeFetch: site.fetch, ...options }))
    running.push(host)
    return host
  }
  const open = (url: string) => new Browser('alice').open(url)
  const publish = (metadata: Record<string, unknown>) => {
    site.publish(metadata)
    now.advance(301)
  }
  const tokensFor = async (host: RunningHost, of: RegisteredClient, code: string) =>
    (await (await postForm(`${host.origin}/token`, codeForm(of, code))).json()) as Record<string, unknown>

  test('C-42 a redirect URI added to the document does not match what the user saw', async () => {
    const { shown, signIn, press } = ownConsent()
    const host = await run({ signIn })
    publish({ redirect_uris: [good] })
    await open(authorizationUrl(host.origin, client, brief))
    expect(shown.at(-1)?.redirectUri).toBe(good)
    const resumeUrl = press('allow')

    publish({ redirect_uris: [evil] })
    await expectErrorPage(await open(resumeUrl), 400)
    // The same request now means something else, which no user has allowed.
    expect(await (await open(authorizationUrl(host.origin, client, brief))).text()).toMatch(/^May /)
    expect(shown.at(-1)?.redirectUri).toBe(evil)

    publish({ redirect_uris: [evil, good] })
    expectCode(await open(resumeUrl), { to: `${good}?`, issuer: host.origin })
  })

  test('C-42 scopes added to the document are not granted', async () => {
    for (const [before, granted] of [
      ['notes:read', 'notes:read'],
      [undefined, undefined],
    ]) {
      const { shown, signIn, press } = ownConsent()
      const host = await run({ signIn, requiredScopes: [] })
      publish({ redirect_uris: [good], scope: before })
      await open(authorizationUrl(host.origin, client, brief))
      expect(shown.at(-1)?.scopes).toEqual(before === undefined ? [] : [before])
      const resumeUrl = press('allow')

      publish({ redirect_uris: [good], scope: 'notes:read notes:write' })
      const code = expectCode(await open(resumeUrl), { to: `${good}?`, issuer: host.origin })
      expect((await tokensFor(host, client, code))['scope'] || undefined).toBe(granted)
      await open(authorizationUrl(host.origin, client, brief))
      expect(shown.at(-1)?.scopes).toEqual(['notes:read', 'notes:write'])
    }
  })

  test('C-42 scopes and resources added meanwhile are not granted, and removed ones are refused', async () => {
    const { shown, signIn, press } = ownConsent()
    const desk = (scope: string): StaticClient => ({
      client_id: 'desk',
      redirect_uris: [good],
      token_endpoint_auth_method: 'none',
      scope,
    })
    const store = memoryStore({ now })
    const host = await run({ signIn, store, clients: [desk('notes:read')] })
    const other = 'https://other.example/mcp'
    const known = { client_id: 'desk', redirect_uris: [good] }
    await open(authorizationUrl(host.origin, known, brief))
    const path = press('allow').slice(host.origin.length)

    const own = `${host.origin}/mcp`
    const restarted = (resources: string[]) =>
      run({ signIn, store, issuerUrl: host.origin, clients: [desk('notes:read notes:write')], resources })
    // It also has the resource of its own URL, so a request that names none would be refused.
    const later = await restarted([other, own])
    const atLater = (url: string) => new URL(url, later.origin).href
    const newUrl = authorizationUrl(later.origin, known, { scope: 'notes:write', resource: own })
    expect(await (await open(newUrl)).text()).toMatch(/^May /)
    expect(shown.at(-1)?.scopes).toEqual(['notes:write'])
    // The browser returns to the current address of the same server.
    const resumed = await open(atLater(path))
    expect(await resumed.text()).toMatch(/^May /)
    expect(shown.at(-1)).toMatchObject({ redirectUri: good, scopes: ['notes:read'], resources: [own] })
    const code = expectCode(await open(press('allow')), { to: `${good}?`, issuer: host.origin })
    expect(await tokensFor(later, known, code)).toMatchObject({ scope: 'notes:read' })

    const without = await restarted([other])
    expectErrorRedirect(await open(new URL(path, without.origin).href), 'invalid_target', {
      to: `${good}?`,
      issuer: host.origin,
    })
  })

  test('C-12 C-13 C-42 other parameters come back unchanged', async () => {
    const { shown, signIn, press } = ownConsent()
    const host = await run({ signIn })
    publish({ redirect_uris: [good] })
    const state = 'a b+c&code=x#%€\u0000'
    await open(authorizationUrl(host.origin, client, { ...brief, state, nonce: 'n&m', prompt: 'none' }))
    const query = new URL(press('allow')).searchParams
    expect([query.get('state'), query.get('nonce'), query.get('prompt')]).toEqual([state, 'n&m', 'none'])
    expect(shown).toHaveLength(1)
    const code = expectCode(await open(press('allow')), { to: `${good}?`, issuer: host.origin, state })
    expect(await tokensFor(host, client, code)).toMatchObject({ scope: 'notes:read' })
  })

  test('C-32 C-42 a denial on the application’s page redirects at once', async () => {
    const { signIn, press } = ownConsent()
    const host = await run({ signIn })
    publish({ redirect_uris: [good] })
    await open(authorizationUrl(host.origin, client, brief))
    const answer = await open(press('deny'))
    expectErrorRedirect(answer, 'access_denied', { to: `${good}?`, issuer: host.origin })
  })

  test('C-38 C-42 a request that would be too long on its way back is refused before sign-in', async () => {
    const { shown, signIn, press } = ownConsent()
    const host = await run({ signIn })
    publish({ redirect_uris: [`${good}/${'x'.repeat(1000)}`] })
    const ask = async (length: number) => {
      const [endpoint = '', query = ''] = authorizationUrl(host.origin, client, brief).split('?')
      return postForm(endpoint, `${query}&padding=${'x'.repeat(length)}`)
    }
    const long = { to: `${good}/${'x'.repeat(1000)}?`, issuer: host.origin }
    await expectErrorLink(await ask(15_500), 400, 'invalid_request', long)
    expect(shown).toEqual([])
    expect((await ask(14_000)).status).toBe(200)
    expectCode(await open(press('allow')), long)
  })
})
