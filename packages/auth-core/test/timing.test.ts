import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseAst } from 'vitest/node'

const sources = new URL('../src/', import.meta.url)

/** What secrets, and what is made of them, is called here. */
const secretName =
  /(?:assertion|browser|challenge|code|cookie|csrf|digest|hash|mac|password|proof|secret|sha256|signature|token|transaction|verifier)s?$/i

/** Comparisons of something with such a name, and why each tells nobody anything. */
const harmless: Record<string, string> = {
  'token-verification/verified-tokens.ts: recent.token === token': 'whole words, as is written there',
  'contract/verdict-memory.ts: provider.verifyToken === verifyToken': 'two functions',
  'providers/multi-auth.ts: this.verifyToken === verifyToken': 'two functions',
  'authorization-server/oauth-provider.ts: this.verifyToken === verifyToken': 'two functions',
  'providers/remote-auth-provider.ts: this.verifyToken === verifyToken': 'two functions',
  "authorization-server/clients/client-metadata.ts: usesCode !== responseTypes.includes('code')":
    'the word "code"',
  'authorization-server/tokens/refresh-successor.ts: current?.value.refresh?.digest === (await sha256(refreshToken))':
    'two digests, of what this server has made',
  'authorization-server/pages/show-consent.ts: document.html.includes(transaction)':
    'the page of the application, not a guess',
}

/** The comparisons in a source text that may stop at the first difference between a guess and a secret. */
function comparisonsOfSecrets(source: string): string[] {
  const found: string[] = []
  visit(parseAst(source, { lang: 'ts' }))
  return found

  function visit(node: unknown): void {
    if (Array.isArray(node)) node.forEach(visit)
    if (!isNode(node)) return
    const operands = operandsOf(node)
    const isFixed = operands.some((operand) => operand.type === 'Literal' || nameOf(operand) === 'undefined')
    if (!isFixed && operands.some((operand) => secretName.test(nameOf(operand))))
      found.push(source.slice(node.start, node.end))
    Object.values(node).forEach(visit)
  }
}

/** What is compared by an operator, or by a method of a string or a list. */
function operandsOf(node: SyntaxNode): SyntaxNode[] {
  const { type, operator, left, right, callee, arguments: given } = node
  if (type === 'BinaryExpression' && /^[!=]==?$/.test(String(operator))) return [left, right].filter(isNode)
  const searches = ['includes', 'indexOf', 'startsWith', 'endsWith', 'localeCompare']
  if (type !== 'CallExpression' || !isNode(callee) || !searches.includes(nameOf(callee))) return []
  return (given as unknown[]).filter(isNode)
}

/** The last word of an expression: `secret` of `await client.secret`, `sha256` of `sha256(code)`. */
function nameOf(node: unknown): string {
  if (!isNode(node)) return ''
  if (node.type === 'Identifier' || node.type === 'PrivateIdentifier') return String(node['name'])
  const { property, callee, argument, expression } = node
  return nameOf(property ?? callee ?? argument ?? expression)
}

type SyntaxNode = Record<string, unknown> & { type: string; start: number; end: number }

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string'
}

test.each([
  'if (secret === given.clientSecret) return true',
  'const isRight = (await sha256(codeVerifier)) !== challenge',
  'return state.digest == digest',
  'return record?.codes.includes(code)',
  'return known.secrets.some((one) => one.startsWith(secret as string))',
  'return this.#secret === other',
])('O-10 the search finds the comparison %s', (source) => {
  expect(comparisonsOfSecrets(`async function f() { ${source} }`)).toHaveLength(1)
})

test.each([
  "if (error.code === 'invalid_token') return",
  'return token === undefined || typeof secret !== "string"',
  'return constantTimeEqual(digest, expected)',
  "return responseTypes.includes('code')",
  'return record.clientId === client.client_id',
])('O-10 the search ignores %s', (source) => {
  expect(comparisonsOfSecrets(`async function f() { ${source} }`)).toEqual([])
})

test('O-10 E-10 secrets are compared in constant time', () => {
  const files = readdirSync(sources, { encoding: 'utf8', recursive: true }).filter((file) =>
    file.endsWith('.ts'),
  )
  expect(files.length).toBeGreaterThan(80)
  const found = files.flatMap((file) =>
    comparisonsOfSecrets(readFileSync(new URL(file, sources), 'utf8')).map(
      (comparison) => `${file.replaceAll('\\', '/')}: ${comparison}`,
    ),
  )
  expect(found.filter((comparison) => !(comparison in harmless))).toEqual([])
  expect(Object.keys(harmless).filter((comparison) => !found.includes(comparison))).toEqual([])
})
