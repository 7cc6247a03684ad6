import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../', import.meta.url)
const filesIn = (folder: string) => readdirSync(new URL(folder, root)).map((name) => folder + name)
const readmes = [...filesIn('apps/'), ...filesIn('packages/')].map((name) => `${name}/README.md`)
const docs = readdirSync(new URL('docs/', root), { recursive: true, encoding: 'utf8' })
const guides = docs.map((name) => `docs/${name.replaceAll('\\', '/')}`)
const pages = [...filesIn('./'), ...guides, ...readmes].filter(
  (name) => name.endsWith('.md') && existsSync(new URL(name, root)),
)

/** The anchors of a page, as GitHub derives them from headings. */
function anchorsOf(page: URL): string[] {
  const headings = readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm)
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  )
}

test.each(pages)('every link of %s resolves', (page) => {
  const here = new URL(page, root)
  for (const [link] of readFileSync(here, 'utf8').matchAll(/(?<=\]\()[^)\s]+(?=\))|(?<= src=")[^"]+/g)) {
    const target = new URL(link, here)
    if (target.protocol !== 'file:') continue
    const anchor = target.hash.slice(1)
    target.hash = ''
    expect(existsSync(target), link).toBe(true)
    if (anchor !== '') expect(anchorsOf(target), link).toContain(anchor)
  }
})

test('every source file that CONTRIBUTING names exists', () => {
  const [, rooms = ''] = readFileSync(new URL('CONTRIBUTING.md', root), 'utf8').split('## Where things are')
  const named = [...rooms.matchAll(/`([\w/-]+\/[\w/.-]+\.ts)`/g)].map(([, file = '']) => file)
  const bases = [
    '',
    'packages/auth-core/',
    'packages/auth-core/src/',
    'packages/auth-core/src/authorization-server/',
    'packages/adapter-contract/test/',
  ]

  expect(named.length).toBeGreaterThan(30)
  expect(named.filter((file) => !bases.some((base) => existsSync(new URL(base + file, root))))).toEqual([])
})
