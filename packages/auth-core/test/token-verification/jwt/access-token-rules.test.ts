import { beforeAll, describe, expect, test } from 'vitest'
import { exactIssuers } from '../../../src/token-verification/jwt/accepted-issuers.js'
import { type JwtRules, verifyJwt } from '../../../src/token-verification/jwt/access-token-rules.js'
import type { KeySource } from '../../../src/token-verification/jwt/jws.js'
import { keySet } from '../../../src/token-verification/keys/key-set.js'
import { goodClaims, issuer, newKey, resource, signToken, type TestKey } from '../../harness/tokens.js'

const now = 1_800_000_000

const rules: JwtRules = {
  issuers: exactIssuers([issuer]),
  algorithms: new Set(['ES256']),
  typ: 'at+jwt',
  requiredClaims: [],
  clockTolerance: 0,
  now: () => now,
}

let key: TestKey
let keys: KeySource

beforeAll(async () => {
  key = await newKey()
  keys = keySet({ keys: [key.publicJwk] })
})

describe('every claim of RFC 9068', () => {
  const requiredClaims = ['sub', 'client_id', 'iat', 'jti']

  test.each(['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'])(
    'A-22 a token without %s is refused where all are required',
    async (claim) => {
      const strict = { ...rules, requiredClaims }
      expect(
        (await verifyJwt(await signToken(key, now), strict, { audiences: [resource] }, keys)).claims,
      ).toEqual(goodClaims(now))
      const token = await signToken(key, now, { claims: { [claim]: undefined } })
      expect((await verifyJwt(token, strict, { audiences: [resource] }, keys)).claims).toBeUndefined()
    },
  )

  test('A-22 a token without client_id is valid if it is not required', async () => {
    const token = await signToken(key, now, { claims: { client_id: undefined } })
    expect((await verifyJwt(token, rules, { audiences: [resource] }, keys)).claims).toBeDefined()
  })
})

describe('keys', () => {
  const noKeys: KeySource = {
    find: () => Promise.reject(new Error('the keys were asked for')),
  }

  test.each([
    ['another issuer', { iss: 'https://other.example.com' }],
    ['another audience', { aud: 'https://other.example.com' }],
    ['the past', { exp: now - 1 }],
  ])(
    'A-17 keys are not fetched for a token of %s, so an outage does not affect it',
    async (_name, claims) => {
      const token = await signToken(key, now, { claims })
      expect((await verifyJwt(token, rules, { audiences: [resource] }, noKeys)).rejected).toBeTypeOf('string')
    },
  )

  test('A-17 verification rejects if the keys cannot be fetched', async () => {
    await expect(
      verifyJwt(await signToken(key, now), rules, { audiences: [resource] }, noKeys),
    ).rejects.toThrow('the keys were asked for')
  })
})
