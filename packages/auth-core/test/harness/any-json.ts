import fc from 'fast-check'

/** Strings to which parsers or schemas give a special meaning. */
const nastyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('', ' ', '\0', '__proto__', 'constructor', 'null', '\u202e', '\ud800', 'x'.repeat(3000)),
)

/** JSON of any shape, as `JSON.parse` returns it: `__proto__` is an ordinary member. */
export const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  nastyText,
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(null, true, 0, -1, 1e308, [], {}, [null], [[]]),
  fc.json({ maxDepth: 3 }).map((text) => JSON.parse(`{"__proto__":${text}}`) as unknown),
)

/** An object whose members have any value, or one that is likely to have a meaning. */
export function anyObject(members: Readonly<Record<string, readonly unknown[]>>): fc.Arbitrary<object> {
  const member = fc.constantFrom(...Object.entries(members)).chain(([name, likely]) => {
    const value = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...likely) },
      { weight: 1, arbitrary: anyJson },
    )
    return fc.tuple(fc.constant(name), value)
  })
  return fc.array(member, { maxLength: 4 }).map((entries) => Object.fromEntries(entries))
}
