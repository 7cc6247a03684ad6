import { randomBytes } from 'node:crypto'
import { dispatch, memoryStore, OAuthProvider } from '@tollgate/auth-core'
import { createTestIssuer, decodeToken } from '@tollgate/auth-testing'
import { afterEach, expect, test, vi } from 'vitest'
import { options } from '../src/your-options.js'
import { signInTo } from './harness/sign-in.js'

const issuer = await createTestIssuer({ issuer: 'https://login.example.com' })
const resource = 'https://api.example.com/mcp'

/** The examples share providers and a database: each test has its own. */
afterEach(() => vi.resetModules())

test.each(['own-signing-key', 'key-service', 'encrypted'])(
  'D-18 N-14 tokens of %s are valid',
  async (file) => {
    vi.stubEnv('STORE_KEY', randomBytes(32).toString('base64'))
    const { auth } = (await import(`../src/${file}.ts`)) as { auth: OAuthProvider<never> }
    const { token } = await signInTo(auth)
    expect(await auth.verifyToken(token)).toMatchObject({ subject: 'alice' })
  },
)

test('D-59 N-10 tokens of a user, a client or a grant can be revoked', async () => {
  const { auth } = await import('../src/own-tokens.js')
  const revoke = await import('../src/revoke-tokens.js')
  const provider = new OAuthProvider({ ...options, store: memoryStore() })
  const { token, clientId } = await signInTo(provider)
  const { claims } = (await provider.verifyToken(token)) ?? {}
  const spy = vi.spyOn(auth, 'revokeTokens').mockImplementation((what) => provider.revokeTokens(what))
  await revoke.endUser('bob')
  await revoke.disconnect('alice', 'other')
  await revoke.endClient('other')
  expect(await provider.verifyToken(token)).not.toBeNull()
  await revoke.endGrant(String(claims?.['token_family']))
  expect(await provider.verifyToken(token)).toBeNull()
  await revoke.forget(clientId)
  expect(spy).toHaveBeenLastCalledWith({ clientId })
  spy.mockRestore()
})

test('D-59 a user who was disabled or changed the password gets no tokens', async () => {
  const { auth } = await import('../src/allowed-users.js')
  const { users } = await import('../src/your-users.js')
  const alice = { isDisabled: false, passwordChangedAt: 0 }
  users.all.set('alice', alice)
  expect((await signInTo(auth)).status).toBe(200)
  users.all.set('alice', { ...alice, isDisabled: true })
  expect((await signInTo(auth)).status).toBe(401)
  users.all.set('alice', { ...alice, passwordChangedAt: Date.now() / 1000 + 60 })
  expect((await signInTo(auth)).status).toBe(401)
  users.all.set('alice', alice)
})

test('I-04 a resource server introspects the tokens issued for it', async () => {
  const { auth: provider } = await import('../src/introspected-issuer.js')
  const { auth } = await import('../src/introspecting-resource.js')
  const { token } = await signInTo(provider, resource)
  const routes = provider.getRoutes()
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => dispatch(routes, new Request(url, init)))
  expect(await auth.verifyToken(token, { resource })).toMatchObject({ subject: 'alice' })
  expect(await auth.verifyToken('unknown', { resource })).toBeNull()
  vi.unstubAllGlobals()
})

test('separate-issuer issues tokens for the endpoint of the other server', async () => {
  const { auth } = await import('../src/separate-issuer.js')
  const { token } = await signInTo(auth as OAuthProvider<never>, resource)
  expect(decodeToken(token).claims).toMatchObject({ iss: 'https://login.example.com', aud: resource })
})

test('D-18 rotate-key makes the tokens of the previous key invalid', async () => {
  const { auth } = await import('../src/own-tokens.js')
  const { replaceLeakedKey } = await import('../src/rotate-key.js')
  const { token } = await signInTo(auth as OAuthProvider<never>)
  expect(await auth.verifyToken(token)).toMatchObject({ subject: 'alice' })
  await replaceLeakedKey()
  expect(await auth.verifyToken(token)).toBeNull()
})

test('N-14 next-encryption-key reads what the previous key has encrypted', async () => {
  vi.stubEnv('STORE_KEY', Buffer.alloc(32, 1).toString('base64'))
  vi.stubEnv('NEXT_STORE_KEY', Buffer.alloc(32, 2).toString('base64'))
  const before = (await import('../src/encrypted.js')).auth as OAuthProvider<never>
  const after = (await import('../src/next-encryption-key.js')).auth as OAuthProvider<never>
  const { token } = await signInTo(before)
  after.setMcpPath('/mcp')
  expect(await after.verifyToken(token)).toMatchObject({ subject: 'alice' })
  vi.unstubAllEnvs()
})

test('several-processes accepts the tokens of another process with the same store', async () => {
  const { auth } = await import('../src/several-processes.js')
  const { database } = await import('../src/your-options.js')
  const other = new OAuthProvider({ ...options, store: database })
  const { token } = await signInTo(other as OAuthProvider<never>)
  auth.setMcpPath('/mcp')
  expect(await auth.verifyToken(token)).toMatchObject({ subject: 'alice' })
})

test('an API key of the application works like a token, and nothing else does', async () => {
  const { auth } = await import('../src/several-sources.js')
  auth.getRoutes('/mcp')
  expect(await auth.verifyToken('key-of-alice')).toMatchObject({ clientId: 'key-1', subject: 'alice' })
  expect(await auth.verifyToken('key-of-bob')).toBeNull()
})

test('A-21 tenant-issuers accepts the tokens of its tenants, each by its own issuer', async () => {
  vi.stubGlobal('fetch', async () => Response.json(issuer.jwks()))
  const { verifier } = await import('../src/tenant-issuers.js')
  const verify = async (iss: string, tenant: string) =>
    verifier.verifyToken(await issuer.mint({ audience: resource, claims: { iss, tenant } }))
  expect(await verify('https://login.example.com/acme', 'acme')).toMatchObject({ claims: { tenant: 'acme' } })
  expect(await verify('https://login.example.com/globex', 'acme')).toBeNull()
  expect(await verify('https://login.example.com/other', 'other')).toBeNull()
  vi.unstubAllGlobals()
})

test('development-tokens accepts the token that it lists', async () => {
  const { auth } = await import('../src/development-tokens.js')
  expect(await auth.verifyToken('token-of-alice')).toMatchObject({ subject: 'alice' })
  expect(await auth.verifyToken('another')).toBeNull()
})
