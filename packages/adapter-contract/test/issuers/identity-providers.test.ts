import { JWTVerifier, type JWTVerifierOptions, RemoteAuthProvider } from '@tollgate/auth-core'
import { createTestIssuer, type TestIssuer } from '@tollgate/auth-testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hosts, type RunningHost } from '../harness/hosts.js'

const ours = '6c1e0b7a-2d3f-4a5b-8c9d-0e1f2a3b4c5d'
const otherTenant = 'deadbeef-2d3f-4a5b-8c9d-0e1f2a3b4c5d'
const issuerOf = (tenant: string) => `https://login.microsoftonline.com/${tenant}/v2.0`

type Claims = Readonly<Record<string, unknown>>

interface Case {
  readonly name: string
  readonly options: Partial<JWTVerifierOptions>
  readonly accepted: {
    readonly claims: Claims
    readonly clientId: string
    readonly scopes: readonly string[]
  }
  readonly refused: readonly Claims[]
  /** A valid token without the scope of the gate. */
  readonly lacking: Claims
}

const cases: readonly Case[] = [
  {
    name: 'access tokens for their own client',
    options: { audience: 'APP' },
    accepted: {
      claims: { aud: 'APP', azp: 'APP', scp: 'notes.read', ver: '2.0' },
      clientId: 'APP',
      scopes: ['notes.read'],
    },
    refused: [
      { aud: 'APP', ver: '2.0' },
      { aud: 'APP', azp: 'APP', nonce: 'n', scp: 'notes.read' },
    ],
    lacking: { aud: 'APP', azp: 'APP', scp: 'notes.write', ver: '2.0' },
  },
  {
    name: 'access tokens without an audience',
    options: { recipient: { claim: 'client_id', values: ['notes-app'] }, clientId: 'client_id' },
    accepted: {
      claims: { client_id: 'notes-app', token_use: 'access', scope: 'notes.read' },
      clientId: 'notes-app',
      scopes: ['notes.read'],
    },
    refused: [
      { client_id: 'other-app', token_use: 'access', scope: 'notes.read' },
      { client_id: 'notes-app', token_use: 'access', scope: 'notes.read', aud: 'https://other.example' },
      { aud: 'notes-app', token_use: 'id' },
    ],
    lacking: { client_id: 'notes-app', token_use: 'access' },
  },
  {
    name: 'access tokens of several tenants',
    options: { issuer: issuerOf('{tenantid}'), tenants: [ours], audience: 'APP' },
    accepted: {
      claims: { iss: issuerOf(ours), tid: ours, aud: 'APP', azp: 'APP', scp: 'notes.read' },
      clientId: 'APP',
      scopes: ['notes.read'],
    },
    refused: [
      { iss: issuerOf(otherTenant), tid: otherTenant, aud: 'APP', scp: 'notes.read' },
      { iss: issuerOf(ours), tid: otherTenant, aud: 'APP', scp: 'notes.read' },
    ],
    lacking: { iss: issuerOf(ours), tid: ours, aud: 'APP', scp: 'other' },
  },
  {
    name: 'access tokens with rights and client in other claims',
    options: {
      audience: 'notes',
      scopes: ({ realm_access: access }) => (access as { roles?: string[] } | undefined)?.roles,
      clientId: ['cid', 'appid'],
    },
    accepted: {
      claims: { aud: 'notes', appid: 'app', typ: 'Bearer', realm_access: { roles: ['notes.read', 'a b'] } },
      clientId: 'app',
      scopes: ['notes.read', 'a b'],
    },
    refused: [{ aud: 'notes', appid: 'app', typ: 'Refresh', realm_access: { roles: ['notes.read'] } }],
    lacking: { aud: 'notes', appid: 'app', typ: 'Bearer', scope: 'notes.read' },
  },
]

describe.each(hosts.flatMap((host) => cases.map((one) => ({ host, one }))))(
  '$host.name, $one.name',
  ({ host, one }) => {
    let running: RunningHost
    let issuer: TestIssuer
    beforeAll(async () => {
      issuer = await createTestIssuer()
      const own = { issuer: issuer.issuer, jwks: issuer.jwks(), now: issuer.now, typ: 'any-jwt' as const }
      running = await host.start((origin) => ({
        provider: new RemoteAuthProvider({
          baseUrl: origin,
          authorizationServers: [issuer.issuer],
          tokenVerifier: new JWTVerifier({
            ...own,
            ...one.options,
            requiredScopes: ['notes.read'],
            onEvent: false,
          } as JWTVerifierOptions),
        }),
        mount: { mcpPath: '/mcp' },
      }))
    })
    afterAll(() => running.close())

    async function call(claims: Claims): Promise<Response> {
      const token = await issuer.mint({ header: { typ: 'JWT' }, claims: { client_id: undefined, ...claims } })
      return fetch(`${running.origin}/mcp`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
      })
    }

    test('A-21 A-33 access tokens of the identity provider are accepted and identify the caller', async () => {
      const { claims, ...said } = one.accepted
      const answer = await call(claims)
      expect(answer.status).toBe(200)
      expect(await answer.json()).toMatchObject(said)
    })

    test.each(one.refused)(
      'A-07 A-27 other tokens of the identity provider get a 401: %o',
      async (claims) => {
        const answer = await call(claims)
        expect(answer.status).toBe(401)
        expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"')
      },
    )

    test('A-23 access tokens without a scope get a 403', async () => {
      expect((await call(one.lacking)).status).toBe(403)
    })
  },
)
