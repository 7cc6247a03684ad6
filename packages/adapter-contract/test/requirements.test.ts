import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseAst } from 'vitest/node'
import { requirements } from '../requirements/index.js'

type SyntaxNode = Record<string, unknown> & { readonly type: string }

const root = new URL('../../../', import.meta.url)

const standards = new Set([
  'www.rfc-editor.org',
  'datatracker.ietf.org',
  'modelcontextprotocol.io',
  'openid.net',
  'fetch.spec.whatwg.org',
  'html.spec.whatwg.org',
  'url.spec.whatwg.org',
  'www.w3.org',
  'www.jsonrpc.org',
  'cheatsheetseries.owasp.org',
])

const cited = new Map(
  ['packages', 'apps'].flatMap(testSources).flatMap((file) => {
    const ids = citations(readFileSync(new URL(file, root), 'utf8'))
    return ids.map((id): [string, string] => [id, file])
  }),
)

test('ids are well-formed and claimed once', () => {
  const ids = requirements.map(({ id }) => id)
  expect(ids.filter((id) => !/^[A-O]-\d{2}$/.test(id))).toEqual([])
  expect(ids.filter((id, position) => ids.indexOf(id) !== position)).toEqual([])
})

test('rules are sentences, and their sources are links to the standards', () => {
  const poor = requirements.filter(({ rule }) => rule.trim() !== rule || rule.length < 15)
  expect(poor.map(({ id }) => id)).toEqual([])

  const astray = requirements.filter(({ source }) => source !== undefined && !isStandard(source))
  expect(astray.map(({ id, source }) => `${id} ${source}`)).toEqual([])
})

test('every claimed rule is cited by a test that runs', () => {
  expect(requirements.map(({ id }) => id).filter((id) => !cited.has(id))).toEqual([])
})

test('every rule that a test cites is claimed', () => {
  const claimed = new Set(requirements.map(({ id }) => id))
  const unknown = [...cited].filter(([id]) => !claimed.has(id))
  expect(unknown.map(([id, file]) => `${id} in ${file}`)).toEqual([])
})

test.each([
  ["test('A-01 B-02 a title', () => {})", ['A-01', 'B-02']],
  ["describe('a group', () => { it('A-01 a title', () => {}) })", ['A-01']],
  ["test.each([['A-02 a row']])('A-01 %s', (row: string) => {})", ['A-01']],
  ['test.each(rows)(`A-01 a title`, () => {})', ['A-01']],
  ["test.concurrent('A-01 a title', () => {})", ['A-01']],
  ["test('a title that mentions A-01 later', () => {})", []],
  ["test.skip('A-01 a title', () => {})", []],
  ["test.todo('A-01 a title')", []],
  ["test.skipIf(slow).each(rows)('A-01 a title', () => {})", []],
  ["describe.skip('a group', () => { test('A-01 a title', () => {}) })", []],
] satisfies [string, string[]][])('citations of %s', (source, ids) => {
  expect(citations(source)).toEqual(ids)
})

function testSources(folder: string): string[] {
  const tests = readdirSync(new URL(folder, root)).map((name) => `${folder}/${name}/test/`)
  return tests
    .filter((path) => existsSync(new URL(path, root)))
    .flatMap((path) =>
      readdirSync(new URL(path, root), { encoding: 'utf8', recursive: true })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => path + name.replaceAll('\\', '/')),
    )
}

/** The ids at the start of the titles of the tests that a source text surely runs. */
function citations(source: string): string[] {
  const ids: string[] = []
  visit(parseAst(source, { lang: 'ts' }))
  return ids

  function visit(value: unknown): void {
    if (Array.isArray(value)) value.forEach(visit)
    if (!isNode(value)) return
    if (value.type === 'CallExpression') {
      const words = calleeWords(value['callee'])
      const isTest = words[0] === 'test' || words[0] === 'it'
      if ((isTest || words[0] === 'describe') && words.some(mayNotRun)) return
      if (isTest) ids.push(...leadingIds(titleOf(value['arguments'])))
    }
    Object.values(value).forEach(visit)
  }
}

function mayNotRun(word: string): boolean {
  return ['skip', 'todo', 'fails', 'skipIf', 'runIf'].includes(word)
}

/** `test.skipIf(x).each(rows)` is `['test', 'skipIf', 'each']`. */
function calleeWords(callee: unknown): string[] {
  if (!isNode(callee)) return []
  if (callee.type === 'Identifier') return [String(callee['name'])]
  if (callee.type === 'CallExpression') return calleeWords(callee['callee'])
  if (callee.type === 'TaggedTemplateExpression') return calleeWords(callee['tag'])
  if (callee.type !== 'MemberExpression') return []
  return [...calleeWords(callee['object']), ...calleeWords(callee['property'])]
}

function titleOf(callArguments: unknown): string {
  const [title] = Array.isArray(callArguments) ? callArguments : []
  if (!isNode(title)) return ''
  if (title.type === 'Literal') return String(title['value'])
  const [start] = Array.isArray(title['quasis']) ? title['quasis'] : []
  return isNode(start) ? String((start['value'] as { raw: string }).raw) : ''
}

function leadingIds(title: string): string[] {
  return /^(?:[A-Z]-\d+ )+/.exec(title)?.[0].trim().split(' ') ?? []
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value
}

function isStandard(link: string): boolean {
  const { protocol, hostname } = new URL(link)
  return protocol === 'https:' && standards.has(hostname)
}
