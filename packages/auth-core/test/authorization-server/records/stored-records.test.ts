import { expect, test } from 'vitest'
import type { Collection } from '../../../src/authorization-server/records/collection.js'
import { openRecords, type Records } from '../../../src/authorization-server/records/records.js'
import { sha256 } from '../../../src/runtime/crypto.js'
import { memoryStore } from '../../../src/store/memory-store.js'
import { testClock } from '../../harness/test-clock.js'

const owner = 'https://notes.example.com'
const at = 1_800_000_000
const granted = {
  clientId: 'client',
  subject: 'ada',
  scopes: ['notes:read'],
  resources: [`${owner}/mcp`],
  claims: { tenant: 'a' },
  authorizedAt: at,
  authenticatedAt: at,
  marks: ['0'],
}
const publicKey = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'k1', alg: 'ES256', use: 'sig' }

type ValueIn<Records> = Records extends Collection<infer Value> ? Value : never

/**
 * Records that the first version stored, by the name of their collection. Change nothing here: stores are full of them.
 * The compiler reports a renamed member.
 */
const stored: { readonly [Name in keyof Records]: readonly [kind: string, value: ValueIn<Records[Name]>] } = {
  clients: [
    'client',
    {
      client: {
        client_id: 'client',
        redirect_uris: ['https://app.example/callback'],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_basic',
        client_id_issued_at: at,
        client_secret_expires_at: 0,
      },
      origin: 'registration',
      secrets: [{ digest: 'digest' }],
    },
  ],
  clientDocuments: [
    'document',
    {
      document: { client_id: 'https://app.example/client' },
      etag: '"1"',
      fetchedAt: at,
      freshUntil: at + 300,
      mayKeep: true,
      goneSince: at,
    },
  ],
  pendingConsents: [
    'consent',
    {
      query: 'client_id=client',
      shown: { redirectUri: 'https://app.example/callback', scopes: [], resources: [] },
      subject: 'ada',
      browserDigest: 'digest',
    },
  ],
  codes: [
    'code',
    {
      ...granted,
      redirectUri: 'https://app.example/callback',
      codeChallenge: 'c',
      expiresAt: at + 60,
      familyId: 'f',
    },
  ],
  families: [
    'family',
    {
      ...granted,
      expiresAt: at + 600,
      ofStaticClient: true,
      refresh: { digest: 'd', expiresAt: at + 600, rotation: { from: 'e', nonce: 'n', at } },
      opaqueTokens: [{ reference: 'r', expiresAt: at + 60 }],
    },
  ],
  accessTokens: ['access', { iss: owner, sub: 'ada', aud: `${owner}/mcp`, exp: at + 60 }],
  revocationMarks: ['mark', '1'],
  assertions: ['assertion', {}],
  stepUps: ['step-up', { isDone: true, asked: 'a' }],
  keyRings: ['key', [{ publicKey, privateKey: { ...publicKey, d: 'd' }, signsFrom: at }]],
}

const rows = Object.entries(stored).map(
  ([name, [kind, value]]) => [name as keyof Records, kind, value] as const,
)

test.each(rows)('the collection %s reads records of the first version', async (name, kind, value) => {
  const clock = testClock(at)
  const store = memoryStore({ now: clock })
  const key = `${kind}:${await sha256(`${owner} id`)}`
  await store.set(key, JSON.stringify({ value, expiresAt: at + 600 }), 600)
  const records = openRecords(store, owner, clock, () => {})
  expect((await records[name].find('id'))?.value).toEqual(value)
})

test('every collection has a record of the first version', () => {
  const records = openRecords(memoryStore(), owner, testClock(at), () => {})
  expect(Object.keys(stored).sort()).toEqual(Object.keys(records).sort())
})
