import type { StaticClient } from '@tollgate/auth-core'
import type { JWK } from 'jose'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { notesProvider } from '../harness/notes-app.js'
import { Browser, callback } from '../harness/oauth-driver.js'
import { billing, secret } from '../harness/static-clients.js'

/** The tests run on loopback without https. */
const insecure = { [oauth.allowInsecureRequests]: true } as const

const key = await oauth.generateKeyPair('ES256')
const jwks = { keys: [{ ...(await crypto.subtle.exportKey('jwk', key.publicKey)), kid: 'key-1' }] as JWK[] }

const authentication = {
  none: () => oauth.None(),
  client_secret_basic: (secret: string) => oauth.ClientSecretBasic(secret),
  client_secret_post: (secret: string) => oauth.ClientSecretPost(secret),
  private_key_jwt: () => oauth.PrivateKeyJwt({ key: key.privateKey, kid: 'key-1' }),
}
type Method = keyof typeof authentication

/** Configured services, one for each method with a proof. */
const services = (['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const).map(
  (token_endpoint_auth_method): StaticClient & { readonly token_endpoint_auth_method: Method } => ({
    ...billing,
    client_id: `service-${token_endpoint_auth_method}`,
    token_endpoint_auth_method,
    ...(token_endpoint_auth_method === 'private_key_jwt' ? { jwks, secrets: [] } : {}),
  }),
)

/** The resource server, which may introspect the tokens of others. */
const resourceServer = (resource: string): StaticClient => ({
  ...billing,
  client_id: 'resource-server',
  grant_types: [],
  introspects: [resource],
})

const prefixes = [{ prefix: '' }, { prefix: '/tenants/one' }]

describe.each(hosts.flatMap((host) => prefixes.map((prefix) => ({ ...host, ...prefix }))))(
  '$name, issuer path "$prefix"',
  ({ start, prefix }) => {
    let host: RunningHost
    let as: oauth.AuthorizationServer
    let resource: URL
    beforeAll(async () => {
      host = await start((origin) => ({
        provider: notesProvider(`${origin}${prefix}`, {
          clients: [...services, resourceServer(`${origin}${prefix}/mcp`)],
        }),
        mount: { mcpPath: '/mcp', basePath: prefix },
      }))
      resource = new URL(`${host.origin}${prefix}/mcp`)
      const metadata = await oauth.processResourceDiscoveryResponse(
        resource,
        await oauth.resourceDiscoveryRequest(resource, insecure),
      )
      const issuer = new URL(metadata.authorization_servers?.[0] ?? '')
      as = await oauth.processDiscoveryResponse(
        issuer,
        await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }),
      )
    })
    afterAll(() => host.close())

    async function registered(token_endpoint_auth_method: Method) {
      const metadata = {
        client_name: 'Independent client',
        redirect_uris: [callback],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method,
        ...(token_endpoint_auth_method === 'private_key_jwt' ? { jwks } : {}),
      }
      const response = await oauth.dynamicClientRegistrationRequest(as, metadata, insecure)
      const client = (await oauth.processDynamicClientRegistrationResponse(response)) as oauth.Client
      return { client, proof: authentication[token_endpoint_auth_method](String(client['client_secret'])) }
    }

    async function authorizationRequest(client: oauth.Client, changes: Record<string, string> = {}) {
      const state = oauth.generateRandomState()
      const codeVerifier = oauth.generateRandomCodeVerifier()
      const url = new URL(as.authorization_endpoint ?? '')
      url.search = new URLSearchParams({
        client_id: client.client_id,
        redirect_uri: callback,
        response_type: 'code',
        code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        scope: 'notes:read notes:write',
        resource: resource.href,
        state,
        ...changes,
      }).toString()
      return { url, state, codeVerifier }
    }

    /** The query with which the browser returns. */
    async function callbackOf(url: URL, decision = 'allow'): Promise<URL> {
      const browser = new Browser('alice')
      const shown = await browser.open(url.href)
      const location = shown.headers.get('location')
      if (location !== null) return new URL(location)
      const answer = await browser.answer(host.origin, await shown.text(), decision)
      return new URL(answer.headers.get('location') ?? '')
    }

    /** From the authorization request to the tokens. */
    async function signIn(client: oauth.Client, proof: oauth.ClientAuth) {
      const { url, state, codeVerifier } = await authorizationRequest(client)
      const answer = oauth.validateAuthResponse(as, client, await callbackOf(url), state)
      const response = await oauth.authorizationCodeGrantRequest(
        as,
        client,
        proof,
        answer,
        callback,
        codeVerifier,
        insecure,
      )
      return oauth.processAuthorizationCodeResponse(as, client, response)
    }

    test.each(Object.keys(authentication) as Method[])(
      'B-01 F-02 C-14 D-07 D-51 H-02 I-05 a client with %s uses every endpoint',
      async (method) => {
        const { client, proof } = await registered(method)
        const tokens = await signIn(client, proof)
        expect(tokens).toMatchObject({ token_type: 'bearer', scope: 'notes:read notes:write' })
        const call = (token: string) =>
          oauth.protectedResourceRequest(token, 'GET', resource, undefined, null, insecure)
        expect((await call(tokens.access_token)).status).toBe(200)

        const refreshed = await oauth.processRefreshTokenResponse(
          as,
          client,
          await oauth.refreshTokenGrantRequest(as, client, proof, tokens.refresh_token ?? '', insecure),
        )
        expect(refreshed.refresh_token).not.toBe(tokens.refresh_token)
        const claims = await oauth.validateJwtAccessToken(
          as,
          new Request(resource, { headers: { authorization: `Bearer ${refreshed.access_token}` } }),
          resource.href,
          insecure,
        )
        expect(claims).toMatchObject({ iss: as.issuer, client_id: client.client_id, sub: 'alice' })

        if (method !== 'none') {
          const introspect = async () =>
            oauth.processIntrospectionResponse(
              as,
              client,
              await oauth.introspectionRequest(as, client, proof, refreshed.access_token, insecure),
            )
          expect(await introspect()).toMatchObject({ active: true, client_id: client.client_id })
          await oauth.processRevocationResponse(
            await oauth.revocationRequest(as, client, proof, refreshed.refresh_token ?? '', insecure),
          )
          expect(await introspect()).toEqual({ active: false })
        } else {
          await oauth.processRevocationResponse(
            await oauth.revocationRequest(as, client, proof, refreshed.access_token, insecure),
          )
        }
        await expect(call(refreshed.access_token)).rejects.toThrow(oauth.WWWAuthenticateChallengeError)
      },
    )

    test.each(services)(
      'D-71 D-74 E-26 H-02 I-05 a service with $token_endpoint_auth_method uses every endpoint for itself',
      async ({ client_id, token_endpoint_auth_method }) => {
        const client = { client_id }
        const proof = authentication[token_endpoint_auth_method](secret)
        const ask = async (parameters: Record<string, string>) =>
          oauth.processClientCredentialsResponse(
            as,
            client,
            await oauth.clientCredentialsGrantRequest(as, client, proof, parameters, insecure),
          )
        await expect(ask({ scope: 'notes:write' })).rejects.toMatchObject({ error: 'invalid_scope' })
        const { access_token, refresh_token } = await ask({ resource: resource.href, scope: 'notes:read' })
        expect(refresh_token).toBeUndefined()
        const call = () =>
          oauth.protectedResourceRequest(access_token, 'GET', resource, undefined, null, insecure)
        expect(await (await call()).json()).toMatchObject({ clientId: client_id, subject: client_id })

        const introspect = async () =>
          oauth.processIntrospectionResponse(
            as,
            client,
            await oauth.introspectionRequest(as, client, proof, access_token, insecure),
          )
        expect(await introspect()).toMatchObject({ active: true, sub: client_id, aud: resource.href })
        await oauth.processRevocationResponse(
          await oauth.revocationRequest(as, client, proof, access_token, insecure),
        )
        expect(await introspect()).toEqual({ active: false })
        await expect(call()).rejects.toThrow(oauth.WWWAuthenticateChallengeError)
      },
    )

    test('I-05 H-02 the resource server introspects a token until it is revoked', async () => {
      const { client, proof } = await registered('none')
      const { access_token, refresh_token } = await signIn(client, proof)
      const server = { client_id: 'resource-server' }
      const ask = async (token: string) =>
        oauth.processIntrospectionResponse(
          as,
          server,
          await oauth.introspectionRequest(as, server, oauth.ClientSecretBasic(secret), token, insecure),
        )
      expect(await ask(access_token)).toMatchObject({
        active: true,
        iss: as.issuer,
        aud: resource.href,
        sub: 'alice',
        client_id: client.client_id,
        scope: 'notes:read notes:write',
      })
      expect(await ask(refresh_token ?? '')).toEqual({ active: false })
      const revocation = await oauth.revocationRequest(as, client, proof, refresh_token ?? '', insecure)
      await oauth.processRevocationResponse(revocation)
      expect(await ask(access_token)).toEqual({ active: false })
    })

    test('C-14 C-32 the client reads who denied the request and why', async () => {
      const { client } = await registered('none')
      const denied = await authorizationRequest(client)
      const refusal = await callbackOf(denied.url, 'deny')
      const wrong = await authorizationRequest(client, { code_challenge_method: 'plain' })
      for (const [answer, { state }, error] of [
        [refusal, denied, 'access_denied'],
        [await callbackOf(wrong.url), wrong, 'invalid_request'],
      ] as const) {
        expect(() => oauth.validateAuthResponse(as, client, answer, state)).toThrow(
          expect.objectContaining({ error }),
        )
      }
    })

    test('C-14 the client refuses a response of another issuer or without an issuer', async () => {
      const { client } = await registered('none')
      const { url, state } = await authorizationRequest(client)
      const answer = await callbackOf(url)
      for (const iss of ['https://evil.example', `${as.issuer}/`, undefined]) {
        const mixedUp = new URL(answer)
        mixedUp.searchParams.delete('iss')
        if (iss !== undefined) mixedUp.searchParams.set('iss', iss)
        expect(() => oauth.validateAuthResponse(as, client, mixedUp, state)).toThrow(/"iss"/)
      }
      expect(oauth.validateAuthResponse(as, client, answer, state).get('code')).toMatch(/^[\w-]{43}$/)
    })

    test('D-08 E-01 the client reads why it got no tokens', async () => {
      const { client, proof } = await registered('none')
      const failing = async (method: oauth.ClientAuth, refreshToken: string) =>
        oauth.processRefreshTokenResponse(
          as,
          client,
          await oauth.refreshTokenGrantRequest(as, client, method, refreshToken, insecure),
        )
      await expect(failing(proof, 'x')).rejects.toMatchObject({ error: 'invalid_grant', status: 401 })
      await expect(failing(oauth.ClientSecretPost('x'), 'x')).rejects.toMatchObject({
        error: 'invalid_client',
        status: 401,
      })
    })
  },
)
