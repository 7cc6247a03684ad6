import { describe, expect, test } from 'vitest'
import { narrowedScopes, requestedScopes } from '../../../src/authorization-server/tokens/granted-scopes.js'

/** The server also knows `d`, which this client may not request. */
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
  ])('C-17 an authorization request for the scope %j gets %j', (requested, granted) => {
    expect(requestedScopes(requested, policy)).toEqual(granted)
  })

  test.each(['d', 'd unknown', 'a"b'])(
    'C-17 C-18 an authorization request for the scope %j is rejected',
    (requested) => {
      expect(() => requestedScopes(requested, policy)).toThrow(
        expect.objectContaining({ code: 'invalid_scope' }),
      )
    },
  )

  test.each([undefined, 'unknown'])(
    'C-17 an authorization request for the scope %j gets only supported default scopes',
    (requested) => {
      const narrow = { known: ['a', 'z'], supported: ['a'], defaults: ['a', 'z'] }
      expect(requestedScopes(requested, narrow)).toEqual(['a'])
    },
  )

  test('C-17 a server without scopes grants no scope', () => {
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
  ])('D-39 D-54 a token request for the scope %j gets %j of the granted scopes', (requested, scopes) => {
    expect(narrowedScopes(requested, ['a', 'b'], policy)).toEqual(scopes)
  })

  test.each(['c', 'a c', 'c unknown', 'd', 'a"b'])(
    'D-39 D-54 a token request for the scope %j is rejected because it exceeds the grant',
    (requested) => {
      expect(() => narrowedScopes(requested, ['a', 'b'], policy)).toThrow(
        expect.objectContaining({ code: 'invalid_scope' }),
      )
    },
  )
})
