import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Options } from '../../src/options/option-table.js'
import { debugTokenVerifierOptionTable } from '../../src/token-verification/debug-token-verifier.js'
import { introspectionOptionTable } from '../../src/token-verification/introspection-options.js'
import { jwtVerifierOptionTable } from '../../src/token-verification/jwt-verifier-options.js'
import { staticTokenVerifierOptionTable } from '../../src/token-verification/static-token-verifier.js'

const page = readFileSync(new URL('../../../../docs/reference/verifier-options.md', import.meta.url), 'utf8')

const tables: [string, Options][] = [
  ['JWTVerifier', jwtVerifierOptionTable()],
  ['IntrospectionTokenVerifier', introspectionOptionTable()],
  ['StaticTokenVerifier', staticTokenVerifierOptionTable()],
  ['DebugTokenVerifier', debugTokenVerifierOptionTable()],
]

/** What the page of the options shows as the default of each. */
function documented(verifier: string): ReadonlyMap<string, string> {
  const [, section = ''] = page.split(new RegExp(`^## \`${verifier}\`$`, 'm'))
  const [own = ''] = section.split(/^## /m)
  const rows = own.matchAll(/^\| ((?:`\w+`(?:, )?)+) \| ([^|]*) \|/gm)
  return new Map(
    [...rows].flatMap(([, names = '', shown = '']) =>
      [...names.matchAll(/\w+/g)].map(([name]): [string, string] => [name, shown]),
    ),
  )
}

test.each(tables)('the page of %s shows the defaults of its table', (verifier, table) => {
  const shown = documented(verifier)
  const wrong = Object.entries(table).flatMap(([name, row]) => {
    const text = shown.get(name)
    if (text === undefined || !['string', 'number', 'boolean'].includes(typeof row.default)) return []
    const expected = JSON.stringify(row.default).replaceAll('"', "'")
    return text.startsWith(`\`${expected}\``) ? [] : [`${name}: ${text} instead of ${expected}`]
  })
  expect(wrong).toEqual([])
})

test.each(tables)('the page of %s marks the options that its table requires', (verifier, table) => {
  const shown = documented(verifier)
  const required = Object.entries(table).flatMap(([name, row]) => (row.isRequired === true ? [name] : []))
  expect(required.length + shown.size).toBeGreaterThan(0)
  expect(required.filter((name) => shown.get(name) !== 'required')).toEqual([])
})
