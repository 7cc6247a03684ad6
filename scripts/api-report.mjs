// Compares the declarations of the public packages with the reports in packages/*/api, and their comments with
// docs/reference/api, so that no public name or type changes unnoticed. Run it as `pnpm api:check` after a build. `pnpm
// api:update` writes the reports and pages.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CompilerState, ConsoleMessageId, Extractor, ExtractorConfig } from '@microsoft/api-extractor'
import { apiPage } from './api-docs.mjs'

const update = process.argv.includes('--update')
const packages = fileURLToPath(new URL('../packages/', import.meta.url))
const pages = fileURLToPath(new URL('../docs/reference/api/', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'tollgate-api-'))
const failures = []

const entries = readdirSync(packages).flatMap(publicEntries)
const unbuilt = entries.filter(({ declarations }) => !existsSync(declarations))
if (unbuilt.length > 0) {
  console.error(
    `api: the build is missing for ${unbuilt.map(({ report }) => report).join(', ')}. Run pnpm build.`,
  )
  process.exit(1)
}

try {
  const configs = entries.map(configOf)
  // One program for all entries, so that the compiler reads each file once.
  const compilerState = CompilerState.create(configs[0], {
    additionalEntryPoints: entries.slice(1).map(({ declarations }) => declarations),
  })
  for (const [position, config] of configs.entries()) report(entries[position], config, compilerState)
  for (const entry of entries) page(entry)
  for (const folder of new Set(entries.map((entry) => entry.folder))) {
    const reports = entries.filter((entry) => entry.folder === folder).map(({ report }) => basename(report))
    removeStrays(join(folder, 'api'), reports)
  }
  removeStrays(
    pages,
    entries.map(({ page }) => page),
  )
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

if (failures.length > 0) {
  console.error(failures.join('\n'))
  console.error('\nThe public API differs from packages/*/api. If that is intended, run pnpm api:update.')
  process.exit(1)
}
console.log(`api: ${entries.length} entry points ${update ? 'written' : 'match their reports'}`)

/** The entry points of a package that others install: of `.` the report is `index`. */
function publicEntries(name) {
  const folder = join(packages, name)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  if (manifest.private) return []
  return Object.entries(manifest.exports)
    .filter(([, target]) => target.types !== undefined)
    .map(([path, target]) => ({
      folder,
      report: `packages/${name}/api/${path === '.' ? 'index' : path.slice(2)}.api.md`,
      module: path === '.' ? manifest.name : `${manifest.name}/${path.slice(2)}`,
      page: `${[name, ...path.split('/').slice(1)].join('-')}.md`,
      declarations: join(folder, target.types),
    }))
}

function configOf({ folder, report, page, declarations }) {
  mkdirSync(join(folder, 'api'), { recursive: true })
  return ExtractorConfig.prepare({
    configObjectFullPath: join(folder, 'api-extractor.json'),
    packageJsonFullPath: join(folder, 'package.json'),
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: declarations,
      newlineKind: 'lf',
      compiler: {
        overrideTsconfig: {
          extends: '../../tsconfig.base.json',
          compilerOptions: { lib: ['ES2023', 'WebWorker'] },
          files: [declarations],
        },
      },
      apiReport: {
        enabled: true,
        // A type changes with the unexported types that it contains.
        includeForgottenExports: true,
        reportFileName: basename(report),
        reportFolder: join(folder, 'api'),
        reportTempFolder: join(scratch, basename(folder)),
      },
      docModel: { enabled: true, apiJsonFilePath: modelOf(page) },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error' } },
        extractorMessageReporting: { default: { logLevel: 'none' } },
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
  })
}

function report({ report }, config, compilerState) {
  const { apiReportChanged } = Extractor.invoke(config, {
    compilerState,
    localBuild: update,
    printApiReportDiff: !update,
    messageCallback(message) {
      message.handled = true
      if (message.messageId === ConsoleMessageId.ApiReportDiff) failures.push(message.text)
      else if (message.category !== 'console' && message.logLevel === 'error')
        failures.push(`${report}: ${message.text}`)
    },
  })
  if (apiReportChanged) (update ? console.log : failures.push.bind(failures))(`${report} has changed`)
}

function modelOf(page) {
  return join(scratch, `${page}.api.json`)
}

function modelAt(page) {
  return JSON.parse(readFileSync(modelOf(page), 'utf8'))
}

function page({ folder, module, page }) {
  const file = join(pages, page)
  const main = `${basename(folder)}.md`
  const text = apiPage(
    module,
    modelAt(page),
    main === page ? undefined : { page: main, model: modelAt(main) },
  )
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return
  if (!update) return failures.push(`docs/reference/api/${page} is not what the comments say`)
  mkdirSync(pages, { recursive: true })
  writeFileSync(file, text)
  console.log(`docs/reference/api/${page} has changed`)
}

/** Reports and pages of removed entry points are failures. */
function removeStrays(folder, expected) {
  for (const name of readdirSync(folder)) {
    if (expected.includes(name)) continue
    if (update) rmSync(join(folder, name))
    else failures.push(`${join(folder, name)}: there is no such entry point`)
  }
}
