import { describe, expect, test } from 'vitest'
import { OAuthError } from '../../src/oauth/oauth-error.js'
import { checkedScopes, hasScopes, parseScope, publishableScopes } from '../../src/oauth/scope.js'

describe('the scope parameter', () => {
  test.each([
    ['a b', ['a', 'b']],
    ['a  b ', ['a', 'b']],
    ['a a b', ['a', 'b']],
    ['A a', ['A', 'a']],
    ["notes:read https://a.example/x !#$%&'()*+,-./[]^_`{|}~", undefined],
    ['', []],
    [undefined, []],
  ])('C-17 %j is valid', (scope, scopes) => {
    expect(parseScope(scope)).toEqual(scopes ?? scope?.split(' '))
  })

  test.each(['a"b', 'a\\b', 'a\tb', 'a\nb', 'ä', 'a\0', 'a\x7f', 'good b"ad'])(
    'C-17 %j is invalid',
    (scope) => {
      expect(() => parseScope(scope)).toThrow(OAuthError)
      expect(() => parseScope(scope)).toThrow(/characters that are not allowed/)
    },
  )
})

test.each([
  [['a', 'b'], ['a'], true],
  [['a', 'b'], ['b', 'a'], true],
  [[], [], true],
  [['a'], ['a', 'b'], false],
  [['ab'], ['a'], false],
  [['a'], ['ab'], false],
  [['A'], ['a'], false],
  [['a b'], ['a'], false],
])('A-26 %j includes %j: %s', (granted, required, expected) => {
  expect(hasScopes(granted, required)).toBe(expected)
})

test('A-37 offline_access is not published', () => {
  expect(publishableScopes(['a', 'offline_access', 'b'])).toEqual(['a', 'b'])
})

describe('configured scopes', () => {
  test('become a frozen list', () => {
    expect(checkedScopes('scopes', ['a', 'b', 'a'])).toEqual(['a', 'b'])
    expect(checkedScopes('scopes', undefined)).toEqual([])
    expect(Object.isFrozen(checkedScopes('scopes', ['a']))).toBe(true)
  })

  test.each(['a', ['a b'], [''], ['"'], [7], {}, null])(
    'throw a TypeError that names the option: %j',
    (scopes) => {
      expect(() => checkedScopes('scopes', scopes as string[])).toThrow(TypeError)
      expect(() => checkedScopes('scopes', scopes as string[])).toThrow('"scopes"')
    },
  )
})
