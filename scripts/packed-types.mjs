// Packs the public packages and checks that TypeScript finds the types of every entry point: the checks of `attw
// --profile esm-only`, for all packages in one process. Run it as `pnpm lint:pkg`, after a build.
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'

const run = promisify(execFile)

/** Unsupported: `require` with the resolution before Node 20, and TypeScript before 4.7. */
const unsupported = new Set(['node10', 'node16-cjs'])

const packages = fileURLToPath(new URL('../packages/', import.meta.url))
const folders = readdirSync(packages)
  .map((name) => join(packages, name))
  .filter((folder) => !JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).private)

const scratch = mkdtempSync(join(tmpdir(), 'tollgate-types-'))
const failures = []
try {
  for (const tarball of await Promise.all(folders.map(pack))) {
    const { packageName, types, problems } = await checkPackage(createPackageFromTarballData(tarball))
    if (!types) failures.push(`${packageName}: has no types`)
    for (const problem of problems ?? []) {
      if (!unsupported.has(problem.resolutionKind ?? problem.resolutionOption))
        failures.push(`${packageName}: ${JSON.stringify(problem)}`)
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

if (failures.length > 0) {
  console.error(`packed-types: ${failures.length} failed\n${failures.map((line) => `  ${line}`).join('\n')}`)
  process.exit(1)
}
console.log(`packed-types: TypeScript finds the types of ${folders.length} packages`)

async function pack(folder, position) {
  const tarball = join(scratch, `${position}.tgz`)
  await run('pnpm', ['pack', '--out', tarball], { cwd: folder })
  return readFileSync(tarball)
}
