import { describe, expect, test } from 'vitest'
import { narrowedScopes, requestedScopes } from '../../src/authorization-server/requested-scopes.js'

const policy = { supported: ['a', 'b', 'c'], defaults: ['a'] }

describe('an authorization request', () => {
  test.each([
    [undefined, ['a']],
    ['', ['a']],
    [' ', []],
    ['b c', ['b', 'c']],
    ['c b c', ['c', 'b']],
    ['b unknown', ['b']],
  ])('C-17 for %j gets %j', (requested, granted) => {
    expect(requestedScopes(requested, policy)).toEqual(granted)
  })

  test.each(['unknown', 'A', 'a,b', 'ab', 'a"b'])('C-17 for %j is invalid', (requested) => {
    expect(() => requestedScopes(requested, policy)).toThrow(
      expect.objectContaining({ code: 'invalid_scope' }),
    )
  })

  test('a default that is not supported is not granted', () => {
    expect(requestedScopes(undefined, { supported: ['a'], defaults: ['a', 'z'] })).toEqual(['a'])
  })
})

describe('a token request', () => {
  test.each([
    [undefined, ['a', 'b']],
    ['', ['a', 'b']],
    ['b', ['b']],
    ['b a', ['b', 'a']],
  ])('for %j gets %j of what was granted', (requested, scopes) => {
    expect(narrowedScopes(requested, ['a', 'b'])).toEqual(scopes)
  })

  test.each(['c', 'a c', 'A', 'ab', 'a"b'])('for %j is invalid: nothing may be added', (requested) => {
    expect(() => narrowedScopes(requested, ['a', 'b'])).toThrow(
      expect.objectContaining({ code: 'invalid_scope' }),
    )
  })
})
