import { describe, expect, test } from 'vitest'
import { narrowedScopes, requestedScopes } from '../../../src/authorization-server/tokens/granted-scopes.js'

/** The server knows `d` as well, and this client may not have it. */
const policy = { known: ['a', 'b', 'c', 'd'], supported: ['a', 'b', 'c'], defaults: ['a'] }

describe('an authorization request', () => {
  test.each([
    [undefined, ['a']],
    ['', ['a']],
    [' ', []],
    ['b c', ['b', 'c']],
    ['c b c', ['c', 'b']],
    ['b unknown', ['b']],
    ['b d', ['b']],
    ['unknown', ['a']],
    ['A', ['a']],
    ['a,b ab', ['a']],
  ])('C-17 for %j gets %j', (requested, granted) => {
    expect(requestedScopes(requested, policy)).toEqual(granted)
  })

  test.each(['d', 'd unknown', 'a"b'])('C-17 C-18 for %j is invalid', (requested) => {
    expect(() => requestedScopes(requested, policy)).toThrow(
      expect.objectContaining({ code: 'invalid_scope' }),
    )
  })

  test.each([undefined, 'unknown'])('C-17 for %j gets no default that is not supported', (requested) => {
    const narrow = { known: ['a', 'z'], supported: ['a'], defaults: ['a', 'z'] }
    expect(requestedScopes(requested, narrow)).toEqual(['a'])
  })

  test('C-17 gets no scopes from a server that has none', () => {
    const none = { known: [], supported: [], defaults: [] }
    expect(requestedScopes('offline_access', none)).toEqual([])
  })
})

describe('a token request', () => {
  test.each([
    [undefined, ['a', 'b']],
    ['', ['a', 'b']],
    ['b', ['b']],
    ['b a', ['b', 'a']],
    ['b unknown', ['b']],
    ['b d', ['b']],
    ['unknown', ['a', 'b']],
    ['A ab', ['a', 'b']],
  ])('D-39 D-54 for %j gets %j of what was granted', (requested, scopes) => {
    expect(narrowedScopes(requested, ['a', 'b'], policy)).toEqual(scopes)
  })

  test.each(['c', 'a c', 'c unknown', 'd', 'a"b'])(
    'D-39 D-54 for %j is invalid: nothing may be added',
    (requested) => {
      expect(() => narrowedScopes(requested, ['a', 'b'], policy)).toThrow(
        expect.objectContaining({ code: 'invalid_scope' }),
      )
    },
  )
})
