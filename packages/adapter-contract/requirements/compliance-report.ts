import { citingTests, root } from './citing-tests.js'
import { requirements } from './index.js'
import type { Requirement } from './requirement.js'

export const reportFile: URL = new URL('docs/compliance.md', root)

/** What the first letter of an id stands for. */
const areas: Readonly<Record<string, string>> = {
  A: 'Resource server',
  B: 'Metadata',
  C: 'Authorization endpoint',
  D: 'Token endpoint',
  E: 'Client authentication',
  F: 'Client registration',
  G: 'Client ID metadata documents',
  H: 'Revocation',
  I: 'Introspection',
  J: 'Tokens that are bound to a key',
  L: 'Transport',
  M: 'Outbound requests',
  N: 'Storage',
  O: 'Secrecy',
}

/** The text of docs/compliance.md: every rule with where it comes from, and the tests that prove it. */
export function complianceReport(): string {
  const cited = citingTests()
  const letters = [...new Set(requirements.map(({ id }) => id.charAt(0)))].sort()
  return `# What Tollgate keeps, and the tests that prove it

Written by \`pnpm compliance\` from \`packages/adapter-contract/requirements\`; do not edit it here. A rule without a source
is the project's own. The name of a test starts with the ids of the rules that it proves.

${requirements.length} rules.

${letters.map((letter) => areaTable(letter, cited)).join('\n')}`
}

function areaTable(letter: string, cited: ReadonlyMap<string, readonly string[]>): string {
  const title = areas[letter]
  if (title === undefined) throw new Error(`Area ${letter} has no title in compliance-report.ts`)
  const rows = requirements
    .filter(({ id }) => id.startsWith(letter))
    .sort((one, other) => (one.id < other.id ? -1 : 1))
    .map((requirement) => row(requirement, cited.get(requirement.id) ?? []))
  return `## ${letter}. ${title}

| Rule | Level | What it says | Source | Tests |
|---|---|---|---|---|
${rows.join('\n')}
`
}

function row({ id, level, rule, source }: Requirement, tests: readonly string[]): string {
  const cells = [id, level, plain(rule), source === undefined ? '' : `[${nameOf(source)}](${source})`]
  return `| ${cells.join(' | ')} | ${tests.map(testLink).join('<br>')} |`
}

/** Rules are sentences, not Markdown: what they quote must not become a column or a tag. */
function plain(text: string): string {
  return text.replace(/[\\|<>*_`[\]]/g, '\\$&')
}

/** The path without what all of them have in common. */
function testLink(file: string): string {
  const [, folder, name] = /^(?:packages|apps)\/([^/]+)\/test\/(.*)\.test\.ts$/.exec(file) ?? []
  return `[${folder === undefined ? file : `${folder}: ${name}`}](../${file})`
}

function nameOf(source: string): string {
  const { hostname, pathname, hash } = new URL(source)
  const last = pathname.split('/').filter(Boolean).at(-1) ?? hostname
  const section = /^#(?:section|appendix)-(.+)$/.exec(hash)?.[1]
  const rfc = /^rfc(\d+)/.exec(last)?.[1]
  const name = rfc === undefined ? standardOf(hostname, pathname, last) : `RFC ${rfc}`
  return section === undefined ? name : `${name}, ${section}`
}

function standardOf(hostname: string, pathname: string, last: string): string {
  if (hostname !== 'modelcontextprotocol.io') return last.replace(/\.html$/, '')
  const [, revision, page] = /^\/specification\/([^/]+)\/(.+)$/.exec(pathname) ?? []
  return revision === undefined ? 'MCP' : `MCP ${revision}, ${page}`
}
