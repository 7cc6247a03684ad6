import {
  auth as authOfV2,
  type OAuthDiscoveryState,
  type OAuthClientProvider as ProviderOfV2,
} from '@modelcontextprotocol/client'
import {
  auth as authOfV1,
  type OAuthClientProvider as ProviderOfV1,
} from '@modelcontextprotocol/sdk/client/auth.js'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ClientWebsite, documentUrl, startClientWebsite } from '../harness/client-website.js'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp } from '../harness/notes-app.js'
import { Browser, callback, callMcp } from '../harness/oauth-driver.js'

/** The state of an SDK client. It publishes its metadata, so it need not register. */
class PublishedClient implements ProviderOfV1, ProviderOfV2 {
  readonly clientMetadataUrl = documentUrl
  readonly redirectUrl = callback
  readonly clientMetadata = {
    client_name: 'Example client',
    redirect_uris: [callback],
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
  }
  readonly kept = new Map<string, unknown>()
  authorizationUrl = new URL('about:blank')

  clientInformation = () => this.kept.get('client') as { client_id: string } | undefined
  saveClientInformation = (client: object) => void this.kept.set('client', client)
  tokens = () => this.kept.get('tokens') as { access_token: string; token_type: string } | undefined
  saveTokens = (tokens: object) => void this.kept.set('tokens', tokens)
  saveCodeVerifier = (verifier: string) => void this.kept.set('verifier', verifier)
  codeVerifier = () => String(this.kept.get('verifier'))
  saveDiscoveryState = (discovery: OAuthDiscoveryState) => void this.kept.set('discovery', discovery)
  discoveryState = () => this.kept.get('discovery') as OAuthDiscoveryState | undefined
  redirectToAuthorization = (url: URL) => {
    this.authorizationUrl = url
  }
}

/** The sign-in of an SDK, from the URL of the MCP server to tokens. */
const sdks = {
  '@modelcontextprotocol/sdk': async (provider: PublishedClient, serverUrl: URL, back?: URLSearchParams) =>
    authOfV1(provider, {
      serverUrl,
      ...(back === undefined ? {} : { authorizationCode: back.get('code') ?? '' }),
    }),
  '@modelcontextprotocol/client': async (provider: PublishedClient, serverUrl: URL, back?: URLSearchParams) =>
    authOfV2(provider, {
      serverUrl,
      ...(back === undefined
        ? {}
        : { authorizationCode: back.get('code') ?? '', iss: back.get('iss') ?? '' }),
    }),
}

describe.each(hosts)('$name', ({ start }) => {
  let site: ClientWebsite
  let host: RunningHost
  beforeEach(async () => {
    site = await startClientWebsite()
    host = await start(notesApp({ ssrfSafeFetch: site.fetch }))
  })
  afterEach(async () => {
    await host.close()
    await site.close()
  })

  test.each(Object.entries(sdks))(
    'B-09 G-03 the client of %s signs in by its metadata document',
    async (_, signIn) => {
      const provider = new PublishedClient()
      const mcpUrl = new URL(`${host.origin}/mcp`)
      expect(await signIn(provider, mcpUrl)).toBe('REDIRECT')
      expect(provider.authorizationUrl.searchParams.get('client_id')).toBe(documentUrl)

      const browser = new Browser('alice')
      const page = await (await browser.open(provider.authorizationUrl.href)).text()
      const answer = await browser.answer(host.origin, page, 'allow')
      const back = new URL(answer.headers.get('location') ?? '').searchParams
      expect(await signIn(provider, mcpUrl, back)).toBe('AUTHORIZED')
      expect(await (await callMcp(host.origin, provider.tokens()?.access_token)).json()).toMatchObject({
        clientId: documentUrl,
      })

      // The user is not asked again: the client refreshes.
      expect(await signIn(provider, mcpUrl)).toBe('AUTHORIZED')
      expect(provider.clientInformation()).toMatchObject({ client_id: documentUrl })
      expect(site.requests).toEqual([documentUrl])
    },
  )
})
