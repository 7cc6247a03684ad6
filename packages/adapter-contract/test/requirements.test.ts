import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { citations, citingTests } from '../requirements/citing-tests.js'
import { complianceReport, reportFile } from '../requirements/compliance-report.js'
import { requirements } from '../requirements/index.js'

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

const cited = citingTests()

test('requirement IDs are well formed and unique', () => {
  const ids = requirements.map(({ id }) => id)
  expect(ids.filter((id) => !/^[A-O]-\d{2}$/.test(id))).toEqual([])
  expect(ids.filter((id, position) => ids.indexOf(id) !== position)).toEqual([])
})

test('requirements are sentences with links to the standards', () => {
  const poor = requirements.filter(({ rule }) => rule.trim() !== rule || rule.length < 15)
  expect(poor.map(({ id }) => id)).toEqual([])

  const astray = requirements.filter(({ source }) => source !== undefined && !isStandard(source))
  expect(astray.map(({ id, source }) => `${id} ${source}`)).toEqual([])
})

test('every claimed requirement is cited by a test that runs', () => {
  expect(requirements.map(({ id }) => id).filter((id) => !cited.has(id))).toEqual([])
})

test('every cited requirement is claimed', () => {
  const claimed = new Set(requirements.map(({ id }) => id))
  const unknown = [...cited].filter(([id]) => !claimed.has(id))
  expect(unknown.map(([id, files]) => `${id} in ${files.join(', ')}`)).toEqual([])
})

test('docs/reference/compliance.md lists every rule with its tests (pnpm compliance writes it)', () => {
  expect(readFileSync(reportFile, 'utf8').replaceAll('\r\n', '\n')).toBe(complianceReport())
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

function isStandard(link: string): boolean {
  const { protocol, hostname } = new URL(link)
  return protocol === 'https:' && standards.has(hostname)
}
