import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseParameters } from '../../src/http/request-parameters.js'
import { OAuthError } from '../../src/oauth/oauth-error.js'
import { runs } from '../harness/property-runs.js'

const piece = fc.oneof(
  fc.constantFrom(
    '&',
    '=',
    '+',
    '%',
    '%2',
    '%41',
    '%26',
    '%3D',
    '%00',
    '%ff',
    '%c3%a4',
    '%e2%82',
    'a',
    'b',
    '__proto__',
  ),
  // Next to raw characters beyond ASCII, Node's parser reads broken escapes differently from the standard.
  fc.string({ unit: 'grapheme-ascii', maxLength: 3 }),
)
const encoded = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))

test('D-23 parameters are parsed as by the URL standard, or refused', () => {
  fc.assert(
    fc.property(encoded, (text) => {
      const oracle = new URLSearchParams(`&${text}`)
      let parameters: ReturnType<typeof parseParameters>
      try {
        parameters = parseParameters(text)
      } catch (error) {
        expect(error).toBeInstanceOf(OAuthError)
        // Only broken escapes are refused. The standard would keep or replace them.
        expect([...oracle].flat().join('')).toMatch(/[%\ufffd]/)
        return
      }
      for (const name of oracle.keys()) {
        // An empty value counts as absent (RFC 6749 section 3.1).
        const values = oracle.getAll(name).filter((value) => value !== '')
        expect(parameters.getAll(name)).toEqual(values)
        expect(parameters.get(name)).toBe(values.length === 1 ? values[0] : undefined)
      }
    }),
    runs(5000),
  )
})

test('C-10 D-04 a serialized query parses to the same parameters', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }))), (pairs) => {
      const once = parseParameters(new URLSearchParams(pairs).toString()).toQuery()
      expect(parseParameters(once).toQuery()).toBe(once)
      for (const [name, value] of pairs) {
        if (value !== '') expect(parseParameters(once).getAll(name)).toContain(value)
      }
    }),
    runs(1000),
  )
})
