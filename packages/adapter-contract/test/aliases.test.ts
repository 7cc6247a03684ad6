import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { aliases } from '../../../vitest.aliases.js'

type Manifest = { name: string; private?: boolean; exports?: Record<string, unknown> }

const packages = new URL('../../', import.meta.url)
const published = readdirSync(packages)
  .map((folder) => JSON.parse(readFileSync(new URL(`${folder}/package.json`, packages), 'utf8')) as Manifest)
  .filter((manifest) => !manifest.private)

describe.each(published)('$name', ({ name, exports = {} }) => {
  const entries = Object.keys(exports).filter((entry) => entry !== './package.json')

  test.each(entries)('tests run entry point %s from its sources', (entry) => {
    const specifier = name + entry.slice(1)
    const matching = aliases.filter((alias) => alias.find.test(specifier))

    expect(matching).toHaveLength(1)
    expect(readFileSync(matching[0]?.replacement ?? '', 'utf8')).toBeTypeOf('string')
  })
})
