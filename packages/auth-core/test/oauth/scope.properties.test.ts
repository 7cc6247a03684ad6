import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hasScopes, parseScope } from '../../src/oauth/scope.js'
import { runs } from '../harness/property-runs.js'

const character = fc.oneof(
  fc.constantFrom(' ', '  ', 'a', 'b', ':', '"', '\\', '\t', '\u00a0', '\u3000', 'ä'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
)
const text = fc.array(character, { maxLength: 10 }).map((parts) => parts.join(''))

test('D-56 C-20 L-12 a scope parameter follows the grammar of RFC 6749', () => {
  // `scope-token` once more, in the words of appendix A.4: %x21 / %x23-5B / %x5D-7E.
  const isAllowed = (code: number) =>
    code === 0x21 || (code >= 0x23 && code <= 0x5b) || (code >= 0x5d && code <= 0x7e)
  fc.assert(
    fc.property(text, (scope) => {
      const isGood = [...scope].every((one) => one === ' ' || isAllowed(one.codePointAt(0) ?? 0))
      if (!isGood) {
        expect(() => parseScope(scope)).toThrow(expect.objectContaining({ code: 'invalid_scope' }))
        return
      }
      const scopes = parseScope(scope)
      expect(new Set(scopes)).toEqual(new Set(scope.split(' ').filter((one) => one !== '')))
      expect(new Set(scopes).size).toBe(scopes.length)
      expect(parseScope(scopes.join(' '))).toEqual(scopes)
    }),
    runs(2000),
  )
})

test('D-56 A-22 more granted scopes never satisfy less, and a scope that was not granted never counts', () => {
  const scopes = fc.subarray(['a', 'a:b', 'a:b:c', 'A', 'ab', 'b'])
  fc.assert(
    fc.property(scopes, scopes, scopes, (granted, required, more) => {
      const isGranted = required.every((one) => granted.includes(one))
      expect(hasScopes(granted, required)).toBe(isGranted)
      if (isGranted) expect(hasScopes([...more, ...granted], required)).toBe(true)
      expect(hasScopes(granted, required, () => false)).toBe(isGranted)
    }),
    runs(1000),
  )
})
