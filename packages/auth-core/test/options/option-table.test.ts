import { describe, expect, expectTypeOf, test } from 'vitest'
import { checkedOptions, type OptionTable, refuseTogether } from '../../src/options/option-table.js'
import {
  anyFunction,
  flag,
  functionOrFalse,
  members,
  membersWithDefaults,
  oneOf,
  required,
  seconds,
  text,
  textList,
  url,
  urlWithQuery,
  wholeNumber,
  withDefault,
} from '../../src/options/rows.js'
import { fromJavaScript } from '../harness/from-javascript.js'

interface Gadget {
  readonly name: string
  readonly mode?: 'fast' | 'safe' | undefined
  readonly timeout?: number | undefined
  readonly colors?: string | readonly string[] | undefined
  readonly isOn?: boolean | undefined
  readonly limits?: { readonly burst: number; readonly perMinute?: number | undefined } | undefined
  readonly lifetimes?: { readonly code?: number | undefined; readonly token?: number | undefined } | undefined
}

const table = {
  name: required(text()),
  mode: withDefault<'fast' | 'safe'>(oneOf('fast', 'safe'), 'safe'),
  timeout: withDefault(seconds({ most: 60 }), 5),
  colors: textList(),
  isOn: flag(),
  limits: members({
    burst: required(wholeNumber({ least: 1 })),
    perMinute: withDefault(wholeNumber({ least: 1 }), 30),
  }),
  lifetimes: membersWithDefaults({
    code: withDefault(wholeNumber({ least: 1, most: 600 }), 60),
    token: withDefault(wholeNumber({ least: 1 }), 3600),
  }),
} satisfies OptionTable<Gadget>

function check(options: unknown) {
  return checkedOptions('Gadget', fromJavaScript<Gadget>(options), table)
}

describe('checkedOptions', () => {
  test('returns the options with the defaults of those that are absent or undefined', () => {
    expect(check({ name: 'a', timeout: 0, mode: undefined })).toEqual({
      name: 'a',
      mode: 'safe',
      timeout: 0,
      isOn: false,
      lifetimes: { code: 60, token: 3600 },
    })
  })

  test('fills in the defaults of the members of an option', () => {
    expect(check({ name: 'a', limits: { burst: 9 }, lifetimes: { code: 7 } })).toMatchObject({
      limits: { burst: 9, perMinute: 30 },
      lifetimes: { code: 7, token: 3600 },
    })
  })

  test('reads options that are inherited', () => {
    expect(check(Object.create({ name: 'a', timeout: 7 }))).toMatchObject({ name: 'a', timeout: 7 })
  })

  test('types an option with a default as required', () => {
    const { mode, timeout, colors, lifetimes } = check({ name: 'a' })
    expectTypeOf(mode).toEqualTypeOf<'fast' | 'safe'>()
    expectTypeOf(timeout).toEqualTypeOf<number>()
    expectTypeOf(colors).toEqualTypeOf<string | readonly string[] | undefined>()
    expectTypeOf(lifetimes.code).toEqualTypeOf<number>()
  })

  test.each([
    [{}, '"name" must be a string, not empty.'],
    [{ name: null }, '"name" must be a string, not empty.'],
    [{ name: 'a', mode: 'slow' }, '"mode" must be "fast" or "safe".'],
    [{ name: 'a', mode: null }, '"mode" must be "fast" or "safe".'],
    [{ name: 'a', timeout: 61 }, '"timeout" must be 0 to 60 seconds.'],
    [{ name: 'a', timeout: '5' }, '"timeout" must be 0 to 60 seconds.'],
    [{ name: 'a', timeout: Number.NaN }, '"timeout" must be 0 to 60 seconds.'],
    [{ name: 'a', colors: [] }, '"colors" must be a string or a list of strings, none of them empty.'],
    [
      { name: 'a', colors: ['red', ''] },
      '"colors" must be a string or a list of strings, none of them empty.',
    ],
    [{ name: 'a', isOn: 'false' }, '"isOn" must be true or false.'],
    [{ name: 'a', limits: false }, '"limits" must be an object.'],
    [{ name: 'a', limits: {} }, '"limits.burst" must be a whole number, 1 or more.'],
    [{ name: 'a', limits: { burst: 1.5 } }, '"limits.burst" must be a whole number, 1 or more.'],
    [{ name: 'a', lifetimes: { code: 601 } }, '"lifetimes.code" must be a whole number, 1 to 600.'],
    [
      { name: 'a', lifetimes: { cod: 6 } },
      '"lifetimes.cod" is not an option. Did you mean "lifetimes.code"?',
    ],
    [{ nmae: 'a' }, '"nmae" is not an option. Did you mean "name"?'],
  ])('refuses %j with the name of the option and what it must be', (options, message) => {
    expect(() => check(options)).toThrow(new TypeError(`Gadget: ${message}`))
  })
})

test('a table that lacks an option, or has a default of another type, does not compile', () => {
  // @ts-expect-error "token" is missing
  const incomplete = { code: seconds() } satisfies OptionTable<{ code: number; token: number }>
  // @ts-expect-error a number is not text
  const mistyped = { name: withDefault(text(), 7) } satisfies OptionTable<{ name?: string }>
  expect([incomplete, mistyped]).toHaveLength(2)
})

test('every member of a union has rows in its table', () => {
  type Keys = { readonly jwks: object } | { readonly secret: string; readonly jwks?: never }
  const keys = { jwks: members({}), secret: text() } satisfies OptionTable<Keys>
  expect(checkedOptions('Keys', { jwks: {} }, keys)).toEqual({ jwks: {} })
})

test.each([
  ['a URL', url(), 'https://a.example', undefined],
  ['http', url(), 'http://a.example', /^be an https URL .*set "dangerouslyAllowInsecureUrls: true"$/],
  ['http on loopback', url(), 'http://localhost:3000', undefined],
  ['a query', url(), 'https://a.example?b', 'have no query and no fragment'],
  ['a query where one may be', urlWithQuery(), 'https://a.example/?b=/c', undefined],
  ['a fragment after a query', urlWithQuery(), 'https://a.example/?b#c', 'have no query and no fragment'],
  ['what is not a URL', urlWithQuery(), 'a?b', 'be an absolute URL'],
  ['what is not text', urlWithQuery(), 7, 'be an absolute URL'],
  ['a function', anyFunction(), () => 1, undefined],
  ['an object as a function', anyFunction(), {}, 'be a function'],
  ['false for a function', functionOrFalse(), false, undefined],
  ['true for a function', functionOrFalse(), true, 'be a function, or false'],
])('a row judges %s', (_what, row, value, problem) => {
  const found = row.problem(value, {})
  if (problem instanceof RegExp) expect(found).toMatch(problem)
  else expect(found).toBe(problem)
})

test('refuseTogether names two options that are both set', () => {
  const refuse = (options: object) => () => refuseTogether('Gadget', options, 'a', ['b', 'c'])
  expect(refuse({ a: 1, c: 2 })).toThrow(
    new TypeError('Gadget: "a" and "c" must not both be set. Remove one.'),
  )
  expect(refuse({ b: 1, c: 2 })).not.toThrow()
  expect(refuse({ a: 1, b: undefined, c: false })).not.toThrow()
})
