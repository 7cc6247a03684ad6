import { discoverAuthorizationServerMetadata as discoverWithV2 } from '@modelcontextprotocol/client'
import { discoverAuthorizationServerMetadata as discoverWithV1 } from '@modelcontextprotocol/sdk/client/auth.js'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { notesProvider } from '../harness/notes-app.js'
import { Browser, callback } from '../harness/oauth-driver.js'

const suffix = '/.well-known/openid-configuration'
const issuers = ['', '/tenants/one'] as const

describe.each(hosts.flatMap((host) => issuers.map((prefix) => ({ ...host, prefix }))))(
  '$name, issuer path "$prefix"',
  ({ start, prefix }) => {
    let host: RunningHost
    let issuer: string
    beforeAll(async () => {
      host = await start((origin) => ({
        provider: notesProvider(`${origin}${prefix}`),
        mount: { mcpPath: '/mcp', basePath: prefix },
      }))
      issuer = `${host.origin}${prefix}`
    })
    afterAll(() => host.close())

    const locations = [...new Set([`${suffix}${prefix}`, `${prefix}${suffix}`])]
    const read = async (path: string) =>
      (await (await fetch(`${host.origin}${path}`)).json()) as Record<string, unknown>

    test.each(locations)('B-18 the document at %s has every required member', async (path) => {
      expect(await read(path)).toMatchObject({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        request_uri_parameter_supported: false,
      })
    })

    test.each(locations)('B-18 B-28 the document at %s equals that of RFC 8414', async (path) => {
      expect(await read(path)).toMatchObject(await read(`/.well-known/oauth-authorization-server${prefix}`))
    })

    test.each(locations)('B-05 B-28 the document at %s promises no ID token', async (path) => {
      const document = await read(path)
      expect(document).not.toHaveProperty('userinfo_endpoint')
      expect(document['scopes_supported']).not.toContain('openid')
      expect(JSON.stringify(document['response_types_supported'])).not.toContain('id_token')
    })

    test.each(locations)('A-42 B-18 B-23 %s answers GET and HEAD from any origin', async (path) => {
      const url = `${host.origin}${path}`
      const answer = await fetch(url, { headers: { origin: 'https://inspector.example' } })
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, '*'])
      expect((await fetch(url, { method: 'HEAD' })).status).toBe(200)
      expect((await fetch(url, { method: 'OPTIONS' })).status).toBe(204)
      expect((await fetch(url, { method: 'POST' })).status).toBe(405)
      expect((await fetch(`${url}/`)).status).toBe(200)
    })

    test.each([`${suffix}/other`, `/other${suffix}`, `${suffix}${prefix}/mcp`, `${prefix}/mcp${suffix}`])(
      'B-18 B-21 %s is not the issuer and has no document',
      async (path) => {
        expect((await fetch(`${host.origin}${path}`)).status).toBe(404)
      },
    )

    test.each([
      ['SDK v1', discoverWithV1],
      ['SDK v2', discoverWithV2],
    ])('B-18 the client of %s reads each document', async (_sdk, discover) => {
      for (const location of [`/.well-known/oauth-authorization-server${prefix}`, ...locations]) {
        /** A server whose proxy passes only this document through. */
        const fetchFn = async (url: string | URL, init?: RequestInit) =>
          new URL(url).pathname === location ? fetch(url, init) : new Response(null, { status: 404 })
        expect(await discover(issuer, { fetchFn })).toMatchObject({
          issuer,
          token_endpoint: `${issuer}/token`,
          code_challenge_methods_supported: ['S256'],
        })
      }
    })

    test('B-18 C-14 D-07 D-51 openid-client signs in by its default discovery', async () => {
      const options = { execute: [openid.allowInsecureRequests] }
      const metadata = {
        redirect_uris: [callback],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
      }
      const config = await openid.dynamicClientRegistration(new URL(issuer), metadata, openid.None(), options)
      expect(config.serverMetadata().issuer).toBe(issuer)

      const pkceCodeVerifier = openid.randomPKCECodeVerifier()
      const expectedState = openid.randomState()
      const url = openid.buildAuthorizationUrl(config, {
        redirect_uri: callback,
        scope: 'openid notes:read',
        code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
        state: expectedState,
        resource: `${issuer}/mcp`,
      })
      const browser = new Browser('alice')
      const shown = await browser.open(url.href)
      const answer = await browser.answer(host.origin, await shown.text(), 'allow')
      const checks = { pkceCodeVerifier, expectedState }
      const back = new URL(answer.headers.get('location') ?? '')
      const tokens = await openid.authorizationCodeGrant(config, back, checks)
      expect(tokens).toMatchObject({ token_type: 'bearer', scope: 'notes:read' })
      expect(tokens.id_token).toBeUndefined()

      const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
      const called = await openid.fetchProtectedResource(
        config,
        refreshed.access_token,
        new URL(`${issuer}/mcp`),
        'POST',
        '{"jsonrpc":"2.0","id":1,"method":"ping"}',
        new Headers({ 'content-type': 'application/json' }),
      )
      expect(called.status).toBe(200)
    })
  },
)
