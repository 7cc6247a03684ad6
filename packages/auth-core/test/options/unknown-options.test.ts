import { describe, expect, test } from 'vitest'
import { nearestName } from '../../src/options/nearest-name.js'
import { refuseUnknownOptions } from '../../src/options/unknown-options.js'

const known = { issuer: true, requiredScopes: true, jwksUri: true, now: true }

function refusalOf(options: unknown, context?: Parameters<typeof refuseUnknownOptions>[3]): unknown {
  try {
    refuseUnknownOptions('JWTVerifier', options, known, context)
    return undefined
  } catch (error) {
    return error
  }
}

describe('refuseUnknownOptions', () => {
  test.each([
    ['requiredScope', 'requiredScopes'],
    ['required_scopes', 'requiredScopes'],
    ['requierdScopes', 'requiredScopes'],
    ['scopes', 'requiredScopes'],
    ['jwksURI', 'jwksUri'],
    ['issuers', 'issuer'],
    ['onw', 'now'],
  ])('suggests for %s the option that was probably meant', (written, meant) => {
    expect(refusalOf({ [written]: 'a value' })).toEqual(
      new TypeError(`JWTVerifier: "${written}" is not an option. Did you mean "${meant}"?`),
    )
  })

  test('lists the options when none is similar', () => {
    expect(refusalOf({ tenant: 'a' })).toEqual(
      new TypeError(
        'JWTVerifier: "tenant" is not an option. The options are issuer, requiredScopes, jwksUri, now.',
      ),
    )
  })

  test('names the path of a nested option', () => {
    expect(refusalOf({ isuer: 'a' }, { path: 'lifetimes.' })).toEqual(
      new TypeError('JWTVerifier: "lifetimes.isuer" is not an option. Did you mean "lifetimes.issuer"?'),
    )
  })

  test('says what to do about an option of something else', () => {
    expect(refusalOf({ scopes: [] }, { remedies: { scopes: 'Set it on the "tokenVerifier".' } })).toEqual(
      new TypeError('JWTVerifier: "scopes" is not an option. Set it on the "tokenVerifier".'),
    )
  })

  test('reminds a subclass not to pass on its own options', () => {
    expect(refusalOf({ tenant: 'a' }, { isSubclass: true })).toMatchObject({
      message: expect.stringMatching(/ A subclass must not pass options of its own to super\(\)\.$/),
    })
  })

  test.each([
    ['known options', { issuer: 'a', now: () => 1 }],
    ['options without a prototype', Object.assign(Object.create(null), { issuer: 'a' })],
    ['an unknown option that is undefined', { tenant: undefined }],
    ['no options', {}],
    ['an object whose class has methods', new Map()],
  ])('accepts %s', (_what, options) => {
    expect(refusalOf(options)).toBeUndefined()
  })

  test.each(['constructor', '__proto__', 'toString'])('refuses %s like any unknown name', (name) => {
    const options = Object.defineProperty({}, name, { value: 1, enumerable: true })

    expect(refusalOf(options)).toBeInstanceOf(TypeError)
  })

  test('refuses an unknown option that is inherited', () => {
    expect(refusalOf(Object.create({ isuer: 'a' }))).toBeInstanceOf(TypeError)
    expect(refusalOf(Object.create({ issuer: 'a' }))).toBeUndefined()
  })

  test('accepts members that other code has added to Object.prototype', () => {
    const extension = { value: 1, enumerable: true, configurable: true, writable: true }
    Object.defineProperty(Object.prototype, 'extension', extension)
    const refusal = refusalOf({ issuer: 'a' })
    Reflect.deleteProperty(Object.prototype, 'extension')
    expect(refusal).toBeUndefined()
  })

  test('refuses an unknown option of an object without a prototype', () => {
    expect(refusalOf(Object.assign(Object.create(null), { isuer: 'a' }))).toBeInstanceOf(TypeError)
  })

  test.each([undefined, null, 'issuer', 7, () => ({})])('refuses %s in place of options', (options) => {
    expect(refusalOf(options)).toEqual(new TypeError('JWTVerifier: the options must be an object.'))
  })

  test('names the option that is not an object', () => {
    expect(refusalOf(null, { path: 'lifetimes.' })).toEqual(
      new TypeError('JWTVerifier: "lifetimes" must be an object.'),
    )
  })
})

describe('nearestName', () => {
  test('prefers the name with fewer edits', () => {
    expect(nearestName('registration', ['registrationsPerAddress', 'registrations'])).toBe('registrations')
  })

  test('finds nothing for a word that differs in more than a third of its letters', () => {
    expect(nearestName('tenant', ['issuer', 'audience', 'onEvent'])).toBeUndefined()
  })

  test('finds nothing for a name that is longer than any option', () => {
    expect(nearestName('issuer'.repeat(10_000), ['issuer'])).toBeUndefined()
  })
})
