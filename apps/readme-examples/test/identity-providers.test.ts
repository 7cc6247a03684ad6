import type { RemoteAuthProvider } from '@tollgate/auth-core'
import { createTestIssuer } from '@tollgate/auth-testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

const app = '4f9a3a52-0c51-4c1c-9d0e-0d4c9a6b0c11'
const ours = '6c1e0b7a-2d3f-4a5b-8c9d-0e1f2a3b4c5d'
const partner = 'a1b2c3d4-2d3f-4a5b-8c9d-0e1f2a3b4c5d'
const otherTenant = 'deadbeef-2d3f-4a5b-8c9d-0e1f2a3b4c5d'
const entraIssuer = (tenant: string) => `https://login.microsoftonline.com/${tenant}/v2.0`
const server = 'https://api.example.com/mcp'

interface Provider {
  readonly file: string
  /** The issuer's `iss`. */
  readonly issuer: string
  readonly typ?: string
  /** The URL of its keys, if that cannot be discovered. */
  readonly jwksUri?: string
  readonly accessTokens: readonly {
    readonly claims: Record<string, unknown>
    readonly read: { readonly clientId: string; readonly scopes: readonly string[] }
  }[]
  /** Tokens that the same keys sign for other servers. */
  readonly others: Readonly<Record<string, Record<string, unknown>>>
}

const providers: readonly Provider[] = [
  {
    file: 'auth0',
    issuer: 'https://example.eu.auth0.com/',
    accessTokens: [
      {
        claims: { aud: [server], azp: 'app', scope: 'notes:read', permissions: ['notes:write'] },
        read: { clientId: 'app', scopes: ['notes:read', 'notes:write'] },
      },
    ],
    others: {
      'ID token': { aud: 'app', nonce: 'n' },
      'other API': { aud: 'https://other.example', scope: 'a' },
    },
  },
  {
    file: 'entra',
    issuer: entraIssuer(ours),
    accessTokens: [
      {
        claims: { aud: app, azp: app, azpacr: '0', scp: 'notes.read', tid: ours, ver: '2.0' },
        read: { clientId: app, scopes: ['notes.read'] },
      },
      {
        claims: { aud: app, azp: 'daemon', azpacr: '1', roles: ['notes.read'], tid: ours, ver: '2.0' },
        read: { clientId: 'daemon', scopes: ['notes.read'] },
      },
    ],
    others: {
      'ID token': { aud: app, tid: ours, ver: '2.0', preferred_username: 'a@example.com' },
      'ID token with roles': { aud: app, tid: ours, ver: '2.0', roles: ['notes.read'] },
    },
  },
  {
    file: 'entra-tenants',
    issuer: entraIssuer(partner),
    jwksUri: 'https://login.microsoftonline.com/common/discovery/v2.0/keys',
    accessTokens: [
      {
        claims: { aud: app, azp: app, azpacr: '0', scp: 'notes.read', tid: partner, ver: '2.0' },
        read: { clientId: app, scopes: ['notes.read'] },
      },
    ],
    others: {
      'other tenant': { iss: entraIssuer(otherTenant), tid: otherTenant, aud: app, scp: 'notes.read' },
      'other tenant in our name': { tid: otherTenant, aud: app, scp: 'notes.read' },
    },
  },
  {
    file: 'okta',
    issuer: 'https://example.okta.com/oauth2/default',
    accessTokens: [
      {
        claims: { aud: 'api://default', cid: '0oa1', uid: '00u1', scp: ['notes.read'] },
        read: { clientId: '0oa1', scopes: ['notes.read'] },
      },
    ],
    others: { 'ID token': { aud: '0oa1', auth_time: 1 } },
  },
  {
    file: 'cognito',
    issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Example',
    accessTokens: [
      {
        claims: { client_id: '1example23456789', token_use: 'access', scope: 'notes/read' },
        read: { clientId: '1example23456789', scopes: ['notes/read'] },
      },
    ],
    others: {
      'ID token': { aud: '1example23456789', token_use: 'id' },
      'other client': { client_id: 'other', token_use: 'access', scope: 'notes/read' },
    },
  },
  {
    file: 'keycloak',
    issuer: 'https://login.example.com/realms/notes',
    accessTokens: [
      {
        claims: {
          aud: 'account',
          azp: 'notes-mcp',
          typ: 'Bearer',
          realm_access: { roles: ['note-reader'] },
        },
        read: { clientId: 'notes-mcp', scopes: ['note-reader'] },
      },
    ],
    others: {
      'ID token': { aud: 'notes-mcp', azp: 'notes-mcp', typ: 'ID' },
      'refresh token': { aud: 'account', azp: 'notes-mcp', typ: 'Refresh' },
      'other server': { aud: ['account', 'billing'], azp: 'notes-mcp', typ: 'Bearer' },
    },
  },
  {
    file: 'clerk',
    issuer: 'https://clerk.example.com',
    typ: 'at+jwt',
    accessTokens: [
      {
        claims: { client_id: 'oauth_app_1', scope: 'profile email' },
        read: { clientId: 'oauth_app_1', scopes: ['profile', 'email'] },
      },
    ],
    others: { 'other client': { client_id: 'oauth_app_2', scope: 'profile email' } },
  },
]

describe.each(providers)('$file', ({ file, issuer: iss, typ = 'JWT', jwksUri, accessTokens, others }) => {
  let verify: (claims: Record<string, unknown>) => ReturnType<RemoteAuthProvider['verifyToken']>
  beforeAll(async () => {
    const issuer = await createTestIssuer({ issuer: iss })
    const fetchKeys = async (url: string) =>
      url === jwksUri ? Response.json(issuer.jwks()) : issuer.fetch(url)
    vi.stubGlobal('fetch', fetchKeys)
    const { auth } = (await import(`../src/${file}.ts`)) as { auth: RemoteAuthProvider }
    verify = async (claims) => {
      const token = { header: { typ }, claims: { client_id: undefined, jti: undefined, ...claims } }
      return auth.verifyToken(await issuer.mint(token), { resource: server })
    }
  })
  afterAll(() => {
    vi.unstubAllGlobals()
  })

  test.each(accessTokens)(
    'A-21 A-33 the verifier accepts the access token $claims of the identity provider',
    async ({ claims, read }) => {
      expect(await verify(claims)).toMatchObject(read)
    },
  )

  test.each(Object.entries(others))(
    'A-08 A-27 the verifier refuses another token signed by the identity provider: %s',
    async (_name, claims) => {
      expect(await verify(claims)).toBeNull()
    },
  )
})
