import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isTooDeep } from '../../src/http/json-depth.js'
import { runs } from '../harness/property-runs.js'

/** Measures the depth of a document without recursion. */
function depthOf(document: unknown): number {
  let depth = 0
  for (let level: unknown[] = [document]; ; depth += 1) {
    level = level.filter((one) => typeof one === 'object' && one !== null)
    if (level.length === 0) return depth
    level = level.flatMap((one) => Object.values(one as object) as unknown[])
  }
}

test('F-22 L-20 a document is too deep if any part of it has too many levels', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), fc.integer({ min: 0, max: 8 }), (document, levels) => {
      expect(isTooDeep(document, levels)).toBe(depthOf(document) > levels)
    }),
    runs(2000),
  )
})

test('F-22 L-20 checking the depth never runs out of stack', () => {
  const nested = fc
    .tuple(fc.integer({ min: 0, max: 20_000 }), fc.constantFrom('[', '{"a":', '[{"a":[0,', '[1,2,'))
    .map(([levels, open]) => {
      const close = [...open.replaceAll(/[^[{]/g, '')].reverse().join('')
      const end = close.replaceAll('[', ']').replaceAll('{', '}')
      return { levels: levels * end.length, text: `${open.repeat(levels)}1${end.repeat(levels)}` }
    })
  fc.assert(
    fc.property(nested, ({ levels, text }) => {
      expect(isTooDeep(JSON.parse(text))).toBe(levels > 32)
    }),
    runs(60),
  )
})
