import type { AuthEvent } from '@tollgate/auth-core'
import { decodeToken } from '@tollgate/auth-testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectErrorRedirect, expectOAuthError, expectRedirect } from '../harness/expectations.js'
import { hosts, type RunningHost } from '../harness/hosts.js'
import { notesApp } from '../harness/notes-app.js'
import {
  authorizationUrl,
  Browser,
  callback,
  callMcp,
  codeForm,
  newCode,
  postForm,
  type RegisteredClient,
  refreshForm,
  register,
  type Tokens,
} from '../harness/oauth-driver.js'
import { billing, billingHeader } from '../harness/static-clients.js'

const spellings: [string, (origin: string) => string][] = [
  ['its origin', (origin) => origin],
  ['its origin with a slash', (origin) => `${origin}/`],
  ['a trailing slash', (origin) => `${origin}/mcp/`],
  ['a host in upper case', (origin) => `${origin.replace('localhost', 'LOCALHOST')}/mcp/`],
]

const strange: [string, (origin: string) => string][] = [
  ['another path', (origin) => `${origin}/other`],
  ['a path below', (origin) => `${origin}/mcp/x`],
  ['another origin', () => 'https://evil.example/'],
  ['another scheme', (origin) => `${origin.replace('http:', 'https:')}/`],
  ['user information', (origin) => `${origin}@evil.example/mcp`],
  ['a query', (origin) => `${origin}/?`],
  ['a fragment', (origin) => `${origin}/mcp/#x`],
]

describe.each(hosts)('$name', ({ start }) => {
  let host: RunningHost
  let client: RegisteredClient
  let several: RunningHost
  let clientOfSeveral: RegisteredClient
  const events: AuthEvent[] = []
  const admin = 'https://admin.example/mcp'
  const at = (to: RunningHost) => (form: Record<string, string>, headers?: Record<string, string>) =>
    postForm(`${to.origin}/token`, form, headers)
  const audienceOf = async (response: Response) => {
    expect(response.status).toBe(200)
    const tokens = (await response.json()) as Tokens
    return { tokens, aud: decodeToken(tokens.access_token).claims['aud'] }
  }

  beforeAll(async () => {
    host = await start(notesApp({ clients: [billing] }))
    client = await register(host.origin)
    several = await start(notesApp({ clients: [billing], resources: [admin], events }))
    clientOfSeveral = await register(several.origin)
  })
  afterAll(async () => {
    await host.close()
    await several.close()
  })

  test.each(spellings)(
    'C-22 D-16 D-17 D-56 the only resource can be spelled as %s at every endpoint',
    async (_name, of) => {
      const resource = of(host.origin)
      const code = await newCode(host.origin, client, { resource })
      const redeemed = await audienceOf(await at(host)({ ...codeForm(client, code), resource }))
      expect(redeemed.aud).toBe(`${host.origin}/mcp`)
      expect((await callMcp(host.origin, redeemed.tokens.access_token)).status).toBe(200)
      const refresh = { ...refreshForm(client, redeemed.tokens.refresh_token), resource }
      expect((await audienceOf(await at(host)(refresh))).aud).toBe(`${host.origin}/mcp`)
      const service = await at(host)({ grant_type: 'client_credentials', resource }, billingHeader)
      expect((await audienceOf(service)).aud).toBe(`${host.origin}/mcp`)
    },
  )

  test.each(strange)(
    'C-19 D-16 %s is not the resource, and the error names the resource',
    async (_name, of) => {
      const resource = of(host.origin)
      const advice = `Use ${host.origin}/mcp`
      const answer = await new Browser('alice').open(authorizationUrl(host.origin, client, { resource }))
      const told = expectRedirect(answer, { to: `${callback}?`, issuer: host.origin })
      expect([told.get('error'), told.get('error_description')]).toEqual([
        'invalid_target',
        `The resource is unknown. ${advice}`,
      ])
      const redemption = codeForm(client, await newCode(host.origin, client))
      const refused = await expectOAuthError(
        await at(host)({ ...redemption, resource }),
        400,
        'invalid_target',
      )
      expect(refused).toContain(advice)
      expect((await at(host)(redemption)).status).toBe(200)
    },
  )

  test.each(spellings)(
    'C-19 C-21 with several resources, %s is refused, and error and event name the resources',
    async (_name, of) => {
      const { origin } = several
      const resource = of(origin)
      const open = (changes: Record<string, string | undefined>) =>
        new Browser('alice').open(authorizationUrl(origin, clientOfSeveral, changes))
      const names = `Use one of ${admin}, ${origin}/mcp`
      for (const [changes, problem] of [
        [{ resource }, 'The resource is unknown.'],
        [{}, 'The parameter resource is missing.'],
      ] as const) {
        expectErrorRedirect(await open(changes), 'invalid_target', { to: `${callback}?`, issuer: origin })
        expect(events.at(-1)).toMatchObject({
          type: 'request.failed',
          code: 'invalid_target',
          description: `${problem} ${names}`,
          clientId: clientOfSeveral.client_id,
        })
      }
      const service = await at(several)({ grant_type: 'client_credentials', resource }, billingHeader)
      expect(await expectOAuthError(service, 400, 'invalid_target')).toContain(names)

      // A grant for one of several resources does not become a grant for another because it holds only one.
      const redemption = codeForm(
        clientOfSeveral,
        await newCode(origin, clientOfSeveral, { resource: `${origin}/mcp` }),
      )
      await expectOAuthError(await at(several)({ ...redemption, resource }), 400, 'invalid_target')
      expect((await audienceOf(await at(several)(redemption))).aud).toBe(`${origin}/mcp`)
    },
  )
})
