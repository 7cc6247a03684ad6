import { describe, expect, test } from 'vitest'
import { formDecode, parseParameters, RequestParameters } from '../../src/http/request-parameters.js'
import { OAuthError } from '../../src/oauth/oauth-error.js'

describe('decoding', () => {
  test.each([
    // RFC 6749 appendix B: a space, "%", "&", "+", the pound sign and the euro sign.
    ['+%25%26%2B%C2%A3%E2%82%AC', ' %&+£€'],
    ['a+b', 'a b'],
    ['a%20b', 'a b'],
    ['a%2Bb', 'a+b'],
    ['%F0%9F%94%91', '🔑'],
    ['%00', '\0'],
    ['', ''],
  ])('formDecode decodes %s to %j', (text, decoded) => {
    expect(formDecode(text)).toBe(decoded)
  })

  test.each(['%', '%2', '%zz', '%E2%82', '%C0%AF', '%FF', '%ED%A0%80'])(
    'the malformed escape %s is refused',
    (text) => {
      expect(() => formDecode(text)).toThrow(OAuthError)
      expect(() => parseParameters(`a=${text}`)).toThrow(/malformed percent-encoded/)
      expect(() => parseParameters(`${text}=a`)).toThrow(/malformed percent-encoded/)
    },
  )
})

describe('pairs', () => {
  test.each([
    ['a=1&b=2', { a: '1', b: '2' }],
    ['a=1&&b=2&', { a: '1', b: '2' }],
    ['a=b=c', { a: 'b=c' }],
    ['a%3D=1', { 'a=': '1' }],
    ['=1', { '': '1' }],
    ['a;b=1', { 'a;b': '1' }],
    ['__proto__=1&constructor=2', { ['__proto__']: '1', constructor: '2' }],
  ])('the query %s has its pairs', (text, expected) => {
    const parameters = parseParameters(text)
    for (const [name, value] of Object.entries(expected)) expect(parameters.get(name)).toBe(value)
  })

  test.each(['', '&', 'a', 'a=', 'a&a=', 'a=&a='])(
    'C-11 a parameter without a value counts as absent in %j',
    (text) => {
      const parameters = parseParameters(text)
      expect(parameters.get('a')).toBeUndefined()
      expect(parameters.getAll('a')).toEqual([])
      expect(parameters.isRepeated('a')).toBe(false)
      expect(() => parameters.require('a')).toThrow('The parameter a is missing.')
    },
  )

  test('a parameter that was not sent is absent, whatever its name', () => {
    for (const name of ['a', '__proto__', 'constructor']) {
      expect(parseParameters('b=1').get(name)).toBeUndefined()
    }
  })
})

describe('repeated parameters', () => {
  test('C-10 a repeated parameter has no value', () => {
    const parameters = parseParameters('state=a&state=b&scope=c')
    expect(parameters.get('state')).toBeUndefined()
    expect(parameters.getAll('state')).toEqual(['a', 'b'])
    expect(parameters.isRepeated('state')).toBe(true)
    expect(() => parameters.require('state')).toThrow(OAuthError)
    expect(() => parameters.refuseRepeated()).toThrow('A parameter was sent more than once.')
  })

  test('C-10 repeated parameters are found when their values are equal or their names are escaped', () => {
    for (const text of ['state=a&state=a', 'state=a&stat%65=b']) {
      expect(() => parseParameters(text).refuseRepeated()).toThrow(OAuthError)
    }
  })

  test('C-10 the parameters resource and audience may be repeated', () => {
    const parameters = parseParameters('resource=a&resource=b&audience=c&audience=d&state=e')
    expect(() => parameters.refuseRepeated()).not.toThrow()
    expect(parameters.getAll('resource')).toEqual(['a', 'b'])
  })

  test('the error for a repeated parameter does not quote its name', () => {
    expect(() => parseParameters('evil=1&evil=2').refuseRepeated()).not.toThrow(/evil/)
  })
})

test('C-13 parsed parameters can be serialized again', () => {
  const parameters = new RequestParameters([
    ['state', 'a b+&=%/ü'],
    ['resource', 'https://a.example'],
    ['resource', 'https://b.example'],
    ['empty', ''],
  ])
  const again = parseParameters(parameters.toQuery())
  expect(again.get('state')).toBe('a b+&=%/ü')
  expect(again.getAll('resource')).toEqual(['https://a.example', 'https://b.example'])
  expect(again.toQuery()).toBe(parameters.toQuery())
})
