import { JWTVerifier } from '@tollgate/auth-core'
import { decodeToken } from '@tollgate/auth-testing'
import { describe, expect, test } from 'vitest'
import { expectCode, expectErrorRedirect } from '../harness/expectations.js'
import { anyHost, hosts } from '../harness/hosts.js'
import { notesProvider } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  callback,
  callMcp,
  codeForm,
  postForm,
  register,
  type Tokens,
} from '../harness/oauth-driver.js'

interface Spelling {
  readonly name: string
  /** What the operator writes after the origin. */
  readonly base: string
  readonly issuer?: string
  /** The path of the endpoints. */
  readonly prefix: string
  readonly metadata: string
}

const spellings: Spelling[] = [
  { name: 'an origin', base: '', prefix: '', metadata: '' },
  { name: 'an origin with a slash', base: '/', prefix: '', metadata: '' },
  { name: 'a path', base: '/tenant', prefix: '/tenant', metadata: '/tenant' },
  { name: 'a path with a slash', base: '/tenant/', prefix: '/tenant', metadata: '/tenant' },
  { name: 'a path of two parts', base: '/a/b', prefix: '/a/b', metadata: '/a/b' },
  { name: 'an issuer of its own', base: '/app', issuer: '/login', prefix: '/app', metadata: '/login' },
  { name: 'an issuer at the root', base: '/app', issuer: '/', prefix: '/app', metadata: '' },
]

const get = async (url: string) => {
  const response = await fetch(url)
  expect([url, response.status]).toEqual([url, 200])
  return (await response.json()) as Record<string, unknown>
}

describe.each(
  hosts.flatMap((host) => spellings.map((spelling) => ({ ...host, spelling, called: spelling.name }))),
)('$name, $called', ({ start, spelling: { base, issuer = base, prefix, metadata } }) => {
  test('B-03 A-36 C-14 D-18 the issuer is the configured string byte for byte everywhere', async () => {
    const host = await start((origin) => ({
      provider: notesProvider(`${origin}${base}`, { issuerUrl: `${origin}${issuer}` }),
      mount: { mcpPath: '/mcp', basePath: prefix },
    }))
    const expected = `${host.origin}${issuer}`
    const root = `${host.origin}${prefix}`

    const document = await get(`${host.origin}/.well-known/oauth-authorization-server${metadata}`)
    expect(document).toMatchObject({
      issuer: expected,
      authorization_endpoint: `${root}/authorize`,
      token_endpoint: `${root}/token`,
      registration_endpoint: `${root}/register`,
      jwks_uri: `${root}/jwks`,
    })
    expect(await get(`${host.origin}/.well-known/oauth-protected-resource${prefix}/mcp`)).toMatchObject({
      resource: `${root}/mcp`,
      authorization_servers: [expected],
    })

    const client = await register(root)
    const redirected = { to: `${callback}?`, issuer: expected }
    const browser = new Browser('alice')
    expectErrorRedirect(
      await browser.open(authorizationUrl(root, client, { scope: '"' })),
      'invalid_scope',
      redirected,
    )
    const page = await (await browser.open(authorizationUrl(root, client))).text()
    const allowed = await browser.answer(host.origin, page, 'allow')
    const code = expectCode(allowed, { ...redirected, status: 303 })
    const tokens = (await (await postForm(`${root}/token`, codeForm(client, code))).json()) as Tokens
    expect(decodeToken(tokens.access_token).claims).toMatchObject({ iss: expected, aud: `${root}/mcp` })
    expect((await callMcp(root, tokens.access_token)).status).toBe(200)

    // A client that knows the string finds the keys. One with another spelling finds nothing.
    const resource = `${root}/mcp`
    const foreign = (one: string) => new JWTVerifier({ issuer: one, jwksUri: `${root}/jwks` })
    expect(
      await new JWTVerifier({ issuer: expected }).verifyToken(tokens.access_token, { resource }),
    ).not.toBeNull()
    const other = expected.endsWith('/') ? expected.slice(0, -1) : `${expected}/`
    expect(await foreign(other).verifyToken(tokens.access_token, { resource })).toBeNull()
    await host.close()
  })
})

describe('an issuer with a path', () => {
  test('B-02 B-26 its metadata is not at the root and does not depend on the Host header', async () => {
    const host = await anyHost.start((origin) => ({
      provider: notesProvider(`${origin}/tenant`),
      mount: { mcpPath: '/mcp', basePath: '/tenant' },
    }))
    expect((await fetch(`${host.origin}/.well-known/oauth-authorization-server`)).status).toBe(404)
    const { port } = new URL(host.origin)
    const document = await get(`http://127.0.0.1:${port}/.well-known/oauth-authorization-server/tenant`)
    expect(document['issuer']).toBe(`${host.origin}/tenant`)
    await host.close()
  })
})
