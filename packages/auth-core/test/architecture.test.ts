import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { expect, test } from 'vitest'
import { parseAst } from 'vitest/node'

const sources = new URL('../src/', import.meta.url)

/** The rooms of `src`, from the ground up: a file imports files of its own room and of lower floors alone. */
const floors: readonly (readonly string[])[] = [
  ['options', 'runtime'],
  ['oauth'],
  ['events', 'store'],
  ['http'],
  ['outbound', 'metadata', 'contract'],
  ['mcp'],
  ['gate/request', 'gate/refusals'],
  ['gate/verdict'],
  ['gate'],
  ['node', 'providers'],
  ['token-verification/jwt'],
  ['token-verification/introspection', 'token-verification/keys'],
  ['token-verification'],
  ['authorization-server/rate-limit'],
  ['authorization-server/clients'],
  ['authorization-server/records'],
  ['authorization-server/client-authentication', 'authorization-server/signing'],
  ['authorization-server/client-registry/documents'],
  ['authorization-server/client-registry'],
  ['authorization-server/tokens'],
  ['authorization-server/authorization'],
  ['authorization-server/pages'],
  ['authorization-server/server'],
  ['authorization-server/grants'],
  ['authorization-server/endpoints'],
  ['authorization-server'],
  ['mounting'],
]

/** The entry points of the package: nothing imports them, and they are all that stands at the top. */
const doors = ['adapter.ts', 'context.ts', 'index.ts', 'node.ts', 'resource-server.ts']

/** What a resource server needs: it bundles no authorization server. */
const resourceServerRooms = floors.slice(0, 13).flat()

const files = readdirSync(sources, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'))
const imports = new Map(files.map((file) => [file, importsOf(file)]))

test('the top of src holds the doors alone', () => {
  expect(files.filter((file) => !file.includes('/')).sort()).toEqual(doors)
})

test('every room stands on a floor, and every floor has rooms', () => {
  expect([...new Set(files.map(roomOf))].filter((room) => room !== '').sort()).toEqual(floors.flat().sort())
})

test('a file imports its own room and lower floors alone', () => {
  const upward = edges()
    .filter(([from, to]) => roomOf(from) !== roomOf(to) && floorOf(to) >= floorOf(from))
    .map(([from, to]) => `${from} -> ${to}`)
  expect(upward).toEqual([])
})

test('no circle of files, types included', () => {
  expect(circlesIn(imports)).toEqual([])
})

test('nothing imports a door', () => {
  expect(edges().filter(([, to]) => doors.includes(to))).toEqual([])
})

test('the resource server imports nothing from the authorization server', () => {
  const outside = edges().filter(
    ([from, to]) => resourceServerRooms.includes(roomOf(from)) && !resourceServerRooms.includes(roomOf(to)),
  )
  expect(outside).toEqual([])
})

test('a room has at most 15 files, and a file at most 300 lines', () => {
  const crowded = floors.flat().filter((room) => files.filter((file) => roomOf(file) === room).length > 15)
  expect(crowded).toEqual([])
  const long = files.filter((file) => textOf(file).split('\n').length > 301)
  expect(long).toEqual([])
})

test('only the upper floors import AuthorizationServer itself', () => {
  const allowed = ['server', 'grants', 'endpoints'].map((room) => `authorization-server/${room}`)
  const naming = files.filter(
    (file) =>
      /\bAuthorizationServer\b/.test(codeOf(file)) &&
      ![...allowed, 'authorization-server', ''].includes(roomOf(file)),
  )
  expect(naming).toEqual([])
})

test('the check notices a circle and an import upward', () => {
  const circle = new Map([
    ['gate/a.ts', ['gate/b.ts']],
    ['gate/b.ts', ['http/c.ts']],
    ['http/c.ts', ['gate/a.ts']],
    ['http/d.ts', ['http/c.ts']],
  ])
  expect(circlesIn(circle)).toEqual([['gate/a.ts', 'gate/b.ts', 'http/c.ts']])
  expect(floorOf('gate/a.ts')).toBeGreaterThan(floorOf('http/c.ts'))
})

function edges(): [from: string, to: string][] {
  return [...imports].flatMap(([from, targets]) => targets.map((to): [string, string] => [from, to]))
}

function roomOf(file: string): string {
  const room = posix.dirname(file)
  return room === '.' ? '' : room
}

/** Doors stand above everything. */
function floorOf(file: string): number {
  const floor = floors.findIndex((rooms) => rooms.includes(roomOf(file)))
  return floor === -1 ? floors.length : floor
}

/** Returns the files that a file imports or re-exports, including imports of types. */
function importsOf(file: string): string[] {
  const found = new Set<string>()
  visit(parseAst(textOf(file), { lang: 'ts' }))
  return [...found]

  function visit(node: unknown): void {
    if (Array.isArray(node)) node.forEach(visit)
    if (typeof node !== 'object' || node === null) return
    const { source } = node as { source?: { value?: unknown } | null }
    if (typeof source?.value === 'string') found.add(fileNamed(file, source.value))
    Object.values(node).forEach(visit)
    found.delete('')
  }
}

/** The file of `src` that a specifier means; empty for another package. */
function fileNamed(from: string, specifier: string): string {
  if (specifier === '#fetch-public') return 'outbound/fetch-public.ts'
  if (!specifier.startsWith('.')) return ''
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts')
}

/** Groups of files that import each other in a loop (strongly connected components, by Tarjan). */
function circlesIn(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>()
  const path: string[] = []
  const circles: string[][] = []
  for (const file of graph.keys()) if (!order.has(file)) visit(file)
  return circles

  function visit(file: string): number {
    let low = order.size
    order.set(file, low)
    const start = low
    path.push(file)
    for (const next of graph.get(file) ?? []) {
      if (!order.has(next)) low = Math.min(low, visit(next))
      else if (path.includes(next)) low = Math.min(low, order.get(next) ?? low)
    }
    if (low !== start) return low
    const members = path.splice(path.indexOf(file))
    if (members.length > 1) circles.push(members.sort())
    return low
  }
}

function textOf(file: string): string {
  return readFileSync(new URL(file, sources), 'utf8')
}

/** The text without its comments. */
function codeOf(file: string): string {
  return textOf(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
}
