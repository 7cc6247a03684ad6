import { describe, expect, test } from 'vitest'
import {
  familyOfRefreshToken,
  newRefreshToken,
  nextRefreshToken,
  refreshUse,
} from '../../../src/authorization-server/tokens/refresh-use.js'
import { randomToken, sha256 } from '../../../src/runtime/crypto.js'

describe('a refresh token', () => {
  test('D-20 every refresh token of a family contains the secret that identifies the family', async () => {
    const { familyId, token } = await newRefreshToken()
    expect(token).toMatch(/^[\w-]{22}\.[\w-]{43}$/)
    const second = await nextRefreshToken(token, randomToken())
    const third = await nextRefreshToken(second, randomToken())
    expect(new Set([token, second, third]).size).toBe(3)
    for (const one of [token, second, third]) expect(await familyOfRefreshToken(one)).toBe(familyId)
    // Access tokens contain the family ID. It must not be enough to make a refresh token of the family.
    expect(await familyOfRefreshToken(`${familyId.slice(0, 22)}.${randomToken()}`)).not.toBe(familyId)
    expect((await newRefreshToken()).familyId).not.toBe(familyId)
  })

  test('D-20 the next refresh token depends on the current one and the nonce', async () => {
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
  ])('D-07 %j does not have the shape of a refresh token', async (token) => {
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
  ])(
    'D-52 D-58 using the %s refresh token at %d with %d seconds of grace counts as %s',
    async (token, at, grace, kind) => {
      expect(await of(token, at, grace)).toBe(kind)
    },
  )
})
