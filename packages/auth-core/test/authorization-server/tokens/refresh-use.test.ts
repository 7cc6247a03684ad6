import { describe, expect, test } from 'vitest'
import {
  familyOfRefreshToken,
  newRefreshToken,
  nextRefreshToken,
  refreshUse,
} from '../../../src/authorization-server/tokens/refresh-use.js'
import { randomToken, sha256 } from '../../../src/runtime/crypto.js'

describe('a refresh token', () => {
  test('D-20 names its family with a secret of it, in every generation', async () => {
    const { familyId, token } = await newRefreshToken()
    expect(token).toMatch(/^[\w-]{22}\.[\w-]{43}$/)
    const second = await nextRefreshToken(token, randomToken())
    const third = await nextRefreshToken(second, randomToken())
    expect(new Set([token, second, third]).size).toBe(3)
    for (const one of [token, second, third]) expect(await familyOfRefreshToken(one)).toBe(familyId)
    // The id is in access tokens: nobody may make refresh tokens of the family with it.
    expect(await familyOfRefreshToken(`${familyId.slice(0, 22)}.${randomToken()}`)).not.toBe(familyId)
    expect((await newRefreshToken()).familyId).not.toBe(familyId)
  })

  test('D-20 its successor is made of the token and the nonce, and of neither alone', async () => {
    const { token } = await newRefreshToken()
    const nonce = randomToken()
    const successor = await nextRefreshToken(token, nonce)
    expect(await nextRefreshToken(token, nonce)).toBe(successor)
    expect(await nextRefreshToken(token, randomToken())).not.toBe(successor)
    const other = `${token.slice(0, 23)}${randomToken()}`
    expect(await nextRefreshToken(other, nonce)).not.toBe(successor)
  })

  test.each([
    '',
    'x',
    '.',
    `${'x'.repeat(43)}`,
    `${'x'.repeat(22)}.`,
    `${'x'.repeat(22)}.${'x'.repeat(44)}`,
    'a.b.c',
  ])('D-07 %j is none', async (token) => {
    expect(await familyOfRefreshToken(token)).toBeUndefined()
  })
})

describe('the use of a refresh token', () => {
  const of = async (digestOf: string, at: number, grace: number) =>
    (
      await refreshUse(
        {
          digest: await sha256('second'),
          expiresAt: 100,
          rotation: { from: await sha256('first'), nonce: 'n', at: 50 },
        },
        await sha256(digestOf),
        { now: at, grace },
      )
    ).kind

  test.each<[string, number, number, string]>([
    ['second', 50, 0, 'first'],
    ['second', 99, 0, 'first'],
    ['second', 100, 0, 'expired'],
    ['first', 50, 0, 'reused'],
    ['first', 50, 10, 'repeated'],
    ['first', 59, 10, 'repeated'],
    ['first', 60, 10, 'reused'],
    ['first', 100, 60, 'expired'],
    ['first', 110, 60, 'reused'],
    ['zeroth', 50, 10, 'reused'],
    ['zeroth', 100, 10, 'reused'],
  ])('D-52 D-58 %s at %d with %d seconds of grace: %s', async (token, at, grace, kind) => {
    expect(await of(token, at, grace)).toBe(kind)
  })
})
