import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { parseAst } from 'vitest/node'

type SyntaxNode = Record<string, unknown> & { readonly type: string }

/** The root of the repository, which paths of test files are relative to. */
export const root: URL = new URL('../../../', import.meta.url)

/** The test files that cite each id, in order. */
export function citingTests(): Map<string, string[]> {
  const cited = new Map<string, string[]>()
  for (const file of ['packages', 'apps'].flatMap(testSources).sort()) {
    for (const id of new Set(citations(readFileSync(new URL(file, root), 'utf8'))))
      cited.set(id, [...(cited.get(id) ?? []), file])
  }
  return cited
}

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
export function citations(source: string): string[] {
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
