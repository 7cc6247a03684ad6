import { describe, expect, test } from 'vitest'
import { OAuthProvider } from '../../src/authorization-server/oauth-provider.js'
import { OAuthError } from '../../src/oauth/oauth-error.js'
import { hasScopes, parseScope, publishableScopes, scopeList } from '../../src/oauth/scope.js'
import { checkedOptions } from '../../src/options/option-table.js'
import { memoryStore } from '../../src/store/memory-store.js'

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
    const scopesOf = (scopesSupported?: string[]) =>
      new OAuthProvider({
        baseUrl: 'https://notes.example.com',
        signIn: () => ({ subject: 'alice' }),
        store: memoryStore(),
        scopesSupported,
      }).scopesSupported
    expect(scopesOf(['a', 'b', 'a'])).toEqual(['a', 'b'])
    expect(scopesOf(undefined)).toEqual([])
    expect(Object.isFrozen(scopesOf(['a']))).toBe(true)
  })

  test.each(['a', ['a b'], [''], ['"'], [7], {}, null])(
    'throw a TypeError that names the option: %j',
    (scopes) => {
      const check = () => checkedOptions('requireBearerAuth', { scopes }, { scopes: scopeList() })
      expect(check).toThrow(TypeError)
      expect(check).toThrow('"scopes"')
    },
  )
})
