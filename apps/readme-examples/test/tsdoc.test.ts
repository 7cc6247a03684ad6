import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const sources = new URL('../../../packages/', import.meta.url)
const examples = new URL('../src/', import.meta.url)

/** The entry points that an editor shows with an example. */
const withExample = [
  'IntrospectionTokenVerifier',
  'JWTVerifier',
  'MultiAuth',
  'OAuthProvider',
  'RemoteAuthProvider',
  'TokenHandler',
  'TokenVerifier',
  'checkMount',
  'dispatch',
  'encryptedStore',
  'html',
  'isSameCaller',
  'logEvents',
  'memoryRateLimit',
  'requireBearerAuth',
  'storeContract',
  'toRoute',
]

const texts = readdirSync(sources)
  .filter((name) => name.startsWith('auth-'))
  .flatMap((name) => filesIn(new URL(`${name}/src/`, sources)))
const tested = [examples, new URL('./', import.meta.url)].flatMap(filesIn)

/** Every `@example` with the name that it explains. */
const found = texts.flatMap((text) =>
  [
    ...text.matchAll(
      / \* @example\n \* ```ts\n((?: \*.*\n)*?) \* ```\n(?: \*.*\n)*? \*\/\nexport (?:abstract |async )?(?:class|function|const) (\w+)/g,
    ),
  ].map(([, lines = '', name = '']) => ({ name, example: lines.replace(/^ \* ?/gm, '').trimEnd() })),
)

test('the main entry points have an example', () => {
  expect(found.map(({ name }) => name).sort()).toEqual(withExample)
})

test('no example is missed by its form', () => {
  expect(found).toHaveLength(texts.join('\n').split('@example').length - 1)
})

test.each(found)('the example of $name is part of a tested file', ({ example }) => {
  expect(tested.filter((text) => text.includes(example))).not.toEqual([])
})

function filesIn(folder: URL): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(new URL(file, folder), 'utf8'))
}
