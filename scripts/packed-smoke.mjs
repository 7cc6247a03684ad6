// Packs the public packages, unpacks the tarballs as an installation, and loads every entry point from outside the
// workspace with import and require. Also bundles the core for other runtimes. Run it as `pnpm smoke`, after a build.
import { execFile, execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual, promisify } from 'node:util'
import { build } from 'esbuild'

const run = promisify(execFile)
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'))

const root = fileURLToPath(new URL('../', import.meta.url))
const rootManifest = readJson(join(root, 'package.json'))
const packages = join(root, 'packages')
const folders = readdirSync(packages)
  .map((name) => join(packages, name))
  .filter((folder) => !readJson(join(folder, 'package.json')).private)

/** The conditions of bundlers for each runtime, and whether the bundle contains the fetch for Node. */
const bundles = [
  { runtime: 'Node', platform: 'node', hasNodeCode: true },
  { runtime: 'browsers', platform: 'browser', hasNodeCode: false },
  { runtime: 'Workers', platform: 'browser', conditions: ['workerd', 'worker'], hasNodeCode: false },
  { runtime: 'Edge', platform: 'neutral', conditions: ['edge-light', 'import'], hasNodeCode: false },
]

const project = mkdtempSync(join(tmpdir(), 'tollgate-smoke-'))
const failures = []
try {
  const installed = await Promise.all(folders.map(packAndUnpack))
  const installedAt = new Map(installed.map(({ manifest, target }) => [manifest.name, target]))
  for (const { folder, manifest, target } of installed)
    linkDependencies(folder, manifest, target, installedAt)
  for (const { folder, manifest, target } of installed) {
    checkManifest(folder, manifest, target)
    for (const entry of entryPoints(manifest)) checkEntryPoint(folder, manifest.name, entry)
  }
  for (const bundle of bundles) await checkBundle(bundle)
} finally {
  rmSync(project, { recursive: true, force: true })
}

if (failures.length > 0) {
  console.error(`packed-smoke: ${failures.length} failed\n${failures.map((line) => `  ${line}`).join('\n')}`)
  process.exit(1)
}

async function packAndUnpack(folder) {
  const { name } = readJson(join(folder, 'package.json'))
  const tarball = join(project, `${name.replace('/', '-')}.tgz`)
  await run('pnpm', ['pack', '--out', tarball], { cwd: folder })
  const target = join(project, 'node_modules', name)
  mkdirSync(target, { recursive: true })
  await run('tar', ['-xzf', tarball, '-C', target, '--strip-components=1'])
  return { folder, manifest: readJson(join(target, 'package.json')), target }
}

/** Links only the dependencies in the packed manifest: an undeclared one is not found. */
function linkDependencies(folder, manifest, target, installedAt) {
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    const link = join(target, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(installedAt.get(name) ?? realpathSync(join(folder, 'node_modules', name)), link, 'junction')
  }
}

function checkManifest(folder, { name, dependencies, peerDependencies, ...manifest }, target) {
  if (!existsSync(join(target, 'LICENSE'))) failures.push(`${name}: the tarball has no LICENSE`)
  // Registries refuse provenance for a package that does not name its repository.
  const directory = relative(root, folder)
  if (!isDeepStrictEqual(manifest.repository, { ...rootManifest.repository, directory }))
    failures.push(`${name}: "repository" must be that of the root, with "directory": "${directory}"`)
  for (const field of ['homepage', 'bugs', 'description', 'license', 'engines']) {
    if (manifest[field] === undefined) failures.push(`${name}: "${field}" is missing`)
  }
  if (manifest.publishConfig?.provenance !== true)
    failures.push(`${name}: "publishConfig.provenance" must be true`)
  for (const [dependency, range] of Object.entries({ ...dependencies, ...peerDependencies })) {
    if (/^(workspace|catalog|link|file):/.test(range))
      failures.push(`${name}: ${dependency} is published as ${range}`)
  }
}

function entryPoints(manifest) {
  return Object.keys(manifest.exports).filter((entry) => entry !== './package.json')
}

function checkEntryPoint(folder, name, entry) {
  const specifier = name + entry.slice(1)
  const loads = {
    import: ['load.mjs', `console.log(Object.keys(await import('${specifier}')).length)`],
    require: ['load.cjs', `console.log(Object.keys(require('${specifier}')).length)`],
  }
  for (const [how, [file, code]] of Object.entries(loads)) {
    writeFileSync(join(project, file), code)
    try {
      const names = Number(
        execFileSync(process.execPath, [file], { cwd: project, encoding: 'utf8', stdio: 'pipe' }),
      )
      if (names === 0 && !isPlaceholder(folder, entry))
        failures.push(`${how} '${specifier}': exports nothing`)
      else console.log(`${how} '${specifier}': ${names} names`)
    } catch (error) {
      failures.push(`${how} '${specifier}': ${error.stderr || error.message}`)
    }
  }
}

/** A Node builtin does not resolve in a bundle for another runtime and fails the build. */
async function checkBundle({ runtime, hasNodeCode, ...options }) {
  try {
    const { outputFiles } = await build({
      stdin: { contents: "export * from '@tollgate/auth-core'", resolveDir: project },
      bundle: true,
      write: false,
      format: 'esm',
      logLevel: 'silent',
      ...options,
    })
    if (/["']node:https["']/.test(outputFiles[0].text) !== hasNodeCode)
      failures.push(`bundle for ${runtime}: ${hasNodeCode ? 'lacks' : 'has'} the code for Node`)
    else console.log(`bundle for ${runtime}: ${hasNodeCode ? 'with' : 'without'} the code for Node`)
  } catch (error) {
    failures.push(`bundle for ${runtime}: ${error.message}`)
  }
}

function isPlaceholder(folder, entry) {
  const source = join(folder, 'src', entry === '.' ? 'index.ts' : `${entry.slice(2)}.ts`)
  return existsSync(source) && readFileSync(source, 'utf8').trim() === 'export {}'
}
