import { describe, expect, test } from 'vitest'
import { bearerChallenge } from '../../../src/gate/refusals/bearer-challenge.js'

const resourceMetadataUrl = 'https://rs.example/.well-known/oauth-protected-resource/mcp'

describe('the forms of RFC 6750 section 3', () => {
  test('A-02 an empty challenge is the scheme alone', () => {
    expect(bearerChallenge({ scopes: [] })).toBe('Bearer')
  })

  test('A-01 A-02 A-03 a challenge without a token has the metadata URL and scopes', () => {
    expect(bearerChallenge({ resourceMetadataUrl, scopes: ['a', 'b'] })).toBe(
      `Bearer resource_metadata="${resourceMetadataUrl}", scope="a b"`,
    )
  })

  test('A-07 A-44 a challenge for an expired token has the error after the metadata URL', () => {
    expect(
      bearerChallenge({
        resourceMetadataUrl,
        scopes: ['a'],
        error: 'invalid_token',
        description: 'The access token expired',
      }),
    ).toBe(
      `Bearer resource_metadata="${resourceMetadataUrl}", scope="a", error="invalid_token", error_description="The access token expired"`,
    )
  })

  test('A-03 a challenge without scopes has no scope parameter', () => {
    expect(bearerChallenge({ resourceMetadataUrl, scopes: [] })).toBe(
      `Bearer resource_metadata="${resourceMetadataUrl}"`,
    )
  })
})

test('A-37 a challenge never names offline_access', () => {
  expect(bearerChallenge({ scopes: ['a', 'offline_access', 'b'] })).toBe('Bearer scope="a b"')
  expect(bearerChallenge({ scopes: ['offline_access'] })).toBe('Bearer')
})

test.each([
  ['quotes and backslashes', 'a"b\\c', 'a b c'],
  ['line breaks', 'a\r\nSet-Cookie: b', 'a  Set-Cookie: b'],
  ['controls', 'a\0b\x7fc', 'a b c'],
  ['other scripts', 'für 你', 'f r  '],
])('A-43 L-12 a challenge replaces %s by spaces', (_name, description, sent) => {
  const challenge = bearerChallenge({ scopes: [], error: 'invalid_token', description })
  expect(challenge).toBe(`Bearer error="invalid_token", error_description="${sent}"`)
  expect(() => new Headers({ 'www-authenticate': challenge })).not.toThrow()
})

test('A-43 hostile scopes and URLs stay inside their quotes', () => {
  const challenge = bearerChallenge({
    resourceMetadataUrl: 'https://rs.example/" , error="x',
    scopes: ['a"b', 'c\r\nd'],
  })
  expect(challenge).toBe('Bearer resource_metadata="https://rs.example/  , error= x", scope="a b c  d"')
  expect(challenge.split('"')).toHaveLength(5)
})

test('A-44 a description cannot be read as a parameter', () => {
  const challenge = bearerChallenge({
    scopes: ['a'],
    error: 'insufficient_scope',
    description: 'scope=x resource_metadata="https://evil.example"',
  })
  expect(/scope="?([^", ]*)/.exec(challenge)?.[1]).toBe('a')
  expect(challenge.match(/resource_metadata=/g)).toBeNull()
})
