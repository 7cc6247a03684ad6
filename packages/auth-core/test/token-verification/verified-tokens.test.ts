import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { freezeClaims } from '../../src/token-verification/jwt/freeze-claims.js'
import { VerifiedTokens } from '../../src/token-verification/verified-tokens.js'

test('a token is cached for one resource', () => {
  const tokens = new VerifiedTokens<{ id: number }>()
  tokens.remember('token', 'https://a.example', { id: 1 })
  expect(tokens.find('token', 'https://a.example')).toEqual({ id: 1 })
  expect(tokens.find('token', 'https://b.example')).toBeUndefined()
  expect(tokens.find('token', undefined)).toBeUndefined()
  expect(tokens.find('other', 'https://a.example')).toBeUndefined()
})

test.each([1, 2, 3, 10, 1023, 1024, 1500])(
  'a cache with a capacity of %i remembers at most that many tokens',
  (capacity) => {
    const tokens = new VerifiedTokens<{ id: number }>(capacity)
    for (let id = 0; id < 3 * capacity; id += 1) {
      tokens.remember(`token-${id}`, undefined, { id })
      expect(tokens.find(`token-${id}`, undefined)).toEqual({ id })
    }
    const kept = Array.from({ length: 3 * capacity }, (_, id) => tokens.find(`token-${id}`, undefined))
    expect(kept.filter((entry) => entry !== undefined).length).toBeLessThanOrEqual(capacity)
  },
)

test('a full cache drops unused tokens, and keeps those in use', () => {
  const tokens = new VerifiedTokens<{ id: number }>(100)
  tokens.remember('in use', undefined, { id: -1 })
  for (let id = 0; id < 1000; id += 1) {
    tokens.remember(`token-${id}`, undefined, { id })
    expect(tokens.find('in use', undefined)).toEqual({ id: -1 })
  }
  const kept = Array.from({ length: 1000 }, (_, id) => tokens.find(`token-${id}`, undefined))
  expect(kept.filter((entry) => entry !== undefined).length).toBeLessThanOrEqual(100)
  expect(tokens.find('token-0', undefined)).toBeUndefined()
})

test('clear removes all tokens, and verifications that are running then are not cached', () => {
  const tokens = new VerifiedTokens<{ id: number }>()
  tokens.remember('token', undefined, { id: 1 })
  const remember = tokens.rememberer()
  tokens.clear()
  expect(tokens.find('token', undefined)).toBeUndefined()
  remember('token', undefined, { id: 1 })
  expect(tokens.find('token', undefined)).toBeUndefined()
  tokens.rememberer()('token', undefined, { id: 2 })
  expect(tokens.find('token', undefined)).toEqual({ id: 2 })
})

test('two tokens with the same end are told apart, and both stay cached', () => {
  const tokens = new VerifiedTokens<{ id: number }>(100)
  const names = Array.from({ length: 30 }, (_, id) => `${id}-same-end`)
  for (const [id, name] of names.entries()) tokens.remember(name, undefined, { id })
  for (let round = 0; round < 10; round += 1) {
    for (const [id, name] of names.entries()) expect(tokens.find(name, undefined)).toEqual({ id })
  }
  expect(tokens.find('30-same-end', undefined)).toBeUndefined()
  expect(tokens.find('', undefined)).toBeUndefined()
})

test('the latest verdict is returned, even for a token that was just looked up', () => {
  const tokens = new VerifiedTokens<{ id: number }>()
  tokens.remember('token', 'https://a.example', { id: 1 })
  tokens.remember('token', 'https://b.example', { id: 2 })
  expect(tokens.find('token', 'https://a.example')).toEqual({ id: 1 })
  expect(tokens.find('token', 'https://b.example')).toEqual({ id: 2 })
  tokens.remember('token', 'https://b.example', { id: 3 })
  expect(tokens.find('token', 'https://b.example')).toEqual({ id: 3 })
  expect(tokens.find('token', 'https://a.example')).toEqual({ id: 1 })
})

test('N-16 after a million tokens, each cached token takes less than 900 bytes, claims included', () => {
  const tokens = new VerifiedTokens<object>()
  const before = usedMemory()
  for (let id = 0; id < 1_000_000; id += 1)
    tokens.remember(tokenOf(id), 'https://notes.example/mcp', entryOf(id))
  const perEntry = (usedMemory() - before) / 20_000
  // The last token is cached, so the measured cache was full and not collected.
  expect(tokens.find(tokenOf(999_999), 'https://notes.example/mcp')).toMatchObject({ subject: 'user-999999' })
  expect(perEntry).toBeGreaterThan(100)
  expect(perEntry).toBeLessThan(900)
}, 60_000)

/** A token as long as a signed one with these claims. */
function tokenOf(id: number): string {
  return `${'h'.repeat(60)}.${'p'.repeat(280)}.${String(id).padStart(86, 's')}`
}

/** What a JWTVerifier caches. */
function entryOf(id: number): object {
  const written = JSON.stringify({
    iss: 'https://login.example.com',
    sub: `user-${id}`,
    aud: 'https://notes.example/mcp',
    client_id: `client-${id}`,
    scope: 'notes:read notes:write',
    iat: 1_800_000_000,
    exp: 1_800_003_600,
    jti: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
  })
  const claims = freezeClaims(
    JSON.parse(written) as { sub: string; scope: string; client_id: string; exp: number },
  )
  return {
    clientId: claims.client_id,
    scopes: claims.scope.split(' '),
    expiresAt: claims.exp,
    resource: 'https://notes.example/mcp',
    subject: claims.sub,
    claims,
    usableUntil: claims.exp,
  }
}

function usedMemory(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed
}
