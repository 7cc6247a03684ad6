import { expect, test } from 'vitest'
import { openRecords } from '../../../src/authorization-server/records/records.js'
import type { TokenFamily } from '../../../src/authorization-server/records/stored-records.js'
import {
  type AccessTokenIssuer,
  issueAccessToken,
  tokenResponse,
} from '../../../src/authorization-server/tokens/issue-access-token.js'
import { noListener } from '../../../src/events/listener.js'
import { memoryStore } from '../../../src/store/memory-store.js'

const now = () => 1_800_000_000
const issuer = 'https://notes.example.com'
const resource = `${issuer}/mcp`
const confirmation = { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' }

const family: TokenFamily = {
  clientId: 'client-1',
  subject: 'alice',
  scopes: ['notes:read'],
  resources: [resource],
  claims: { cnf: { jkt: 'chosen by the application' }, tenant: 'acme' },
  authorizedAt: now(),
  marks: ['', '', ''],
  expiresAt: now() + 60,
}

/** A server whose "JWTs" are their claims as JSON. */
function server(accessTokenFormat: 'jwt' | 'opaque'): AccessTokenIssuer {
  return {
    issuer,
    accessTokenFormat,
    lifetimes: { accessToken: 3600 },
    signingKeys: {
      current: async () => ({ sign: async (claims, typ) => JSON.stringify({ typ, ...claims }) }),
    },
    records: openRecords(memoryStore(), issuer, now, noListener),
    now,
  }
}

test('D-18 a JWT has the claims of RFC 9068, and claims of the application do not replace them', async () => {
  const { token, expiresIn } = await issueAccessToken(server('jwt'), 'family-1', family, {
    scopes: family.scopes,
    resource,
  })

  expect(JSON.parse(token)).toEqual({
    typ: 'at+jwt',
    tenant: 'acme',
    iss: issuer,
    sub: 'alice',
    aud: resource,
    client_id: 'client-1',
    scope: 'notes:read',
    iat: now(),
    exp: now() + 60,
    jti: expect.any(String),
    token_family: 'family-1',
  })
  expect(expiresIn).toBe(60)
})

test.each(['jwt', 'opaque'] as const)(
  'an unbound access token in the format %s has the type Bearer',
  async (format) => {
    const issued = await issueAccessToken(server(format), 'family-1', family, { scopes: [], resource })

    expect(tokenResponse(issued, [], undefined).token_type).toBe('Bearer')
  },
)

test('an access token that is bound to a key names its thumbprint and has the type DPoP', async () => {
  const issued = await issueAccessToken(server('jwt'), 'family-1', family, {
    scopes: [],
    resource,
    confirmation,
  })

  expect(JSON.parse(issued.token)['cnf']).toEqual(confirmation)
  expect(tokenResponse(issued, [], undefined).token_type).toBe('DPoP')
})
