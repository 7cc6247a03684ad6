// Measures bundle sizes and import times of the core, after a build. `pnpm size` prints both and fails when a bundle
// exceeds its budget. With --no-times it skips the times.
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { performance } from 'node:perf_hooks'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const core = fileURLToPath(new URL('../packages/auth-core/', import.meta.url))

const gate = 'JWTVerifier, requireBearerAuth'
const remote = 'JWTVerifier, RemoteAuthProvider, requireBearerAuth, dispatch, protectedResponse'
const own = 'OAuthProvider, memoryStore, requireBearerAuth, dispatch, protectedResponse'
const jose = ['jose', 'jose/*']

/**
 * In kB of 1000 bytes, minified and gzipped: what three kinds of applications bundle, and everything that an entry has.
 * Raising one is a decision: the commit message says why.
 */
const budgets = [
  { what: 'JWTVerifier and gate, own', code: from('resource-server', gate), external: jose, limit: 22.8 },
  { what: 'JWTVerifier and gate with jose', code: from('resource-server', gate), external: [], limit: 29.2 },
  // From the main entry, as in the README: unused code must stay out, above all the authorization server and zod.
  { what: 'resource server, own code', code: from('index', remote), external: jose, limit: 25.9 },
  { what: 'resource server with jose', code: from('index', remote), external: [], limit: 32.3 },
  { what: 'OAuthProvider and gate, all', code: from('index', own), external: [], limit: 75.3 },
  { what: './resource-server, own code', code: everythingOf('resource-server'), external: jose, limit: 34 },
  { what: './resource-server with jose', code: everythingOf('resource-server'), external: [], limit: 41.7 },
  { what: '. with jose and zod', code: everythingOf('index'), external: [], limit: 94.3 },
]

function from(entry, names) {
  return `export { ${names} } from './dist/${entry}.js'`
}

function everythingOf(entry) {
  return `export * from './dist/${entry}.js'`
}

let over = 0
for (const { what, code, external, limit } of budgets) {
  const size = await weigh(code, external)
  if (size > limit) over += 1
  print(what, `${size.toFixed(1)} kB`, `of ${limit} kB${size > limit ? ': over budget' : ''}`)
}
if (!process.argv.includes('--no-times')) printTimes()
if (over > 0) process.exit(1)

async function weigh(code, external) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: core },
    external,
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    logLevel: 'error',
  })
  return gzipSync(outputFiles[0].contents, { level: 9 }).byteLength / 1000
}

/** Interleaved, so that a slow moment of the machine affects all of them. */
function printTimes() {
  const { exports } = createRequire(`${core}package.json`)('./package.json')
  const entries = Object.entries(exports).filter(([, target]) => target.default !== undefined)
  const runs = new Map([['', []], ...entries.map(([path]) => [path, []])])
  for (let round = 0; round < 11; round += 1) {
    runs.get('').push(timeOf(''))
    for (const [path, target] of entries)
      runs.get(path).push(timeOf(`import ${JSON.stringify(pathToFileURL(core + target.default))}`))
  }
  const empty = median(runs.get(''))
  for (const [path] of entries)
    print(`import ${path}`, `${(median(runs.get(path)) - empty).toFixed(0)} ms`, 'over an empty process')
}

function timeOf(code) {
  const start = performance.now()
  execFileSync(process.execPath, ['--input-type=module', '--eval', code])
  return performance.now() - start
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]
}

function print(what, value, remark) {
  console.log(`${what.padEnd(30)} ${value.padStart(8)} ${remark}`)
}
