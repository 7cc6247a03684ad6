// Compares what the public packages declare with the reports in packages/*/api, so that no name and no type that users
// see changes unnoticed. Run it as `pnpm api:check`, or as `pnpm api:update` to write the reports, after a build.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CompilerState, ConsoleMessageId, Extractor, ExtractorConfig } from '@microsoft/api-extractor'

const update = process.argv.includes('--update')
const packages = fileURLToPath(new URL('../packages/', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'tollgate-api-'))
const failures = []

const entries = readdirSync(packages).flatMap(publicEntries)
const unbuilt = entries.filter(({ declarations }) => !existsSync(declarations))
if (unbuilt.length > 0) {
  console.error(`api: not built: ${unbuilt.map(({ report }) => report).join(', ')}. Run pnpm build.`)
  process.exit(1)
}

try {
  const configs = entries.map(configOf)
  // One program for all entries: the compiler reads everything once.
  const compilerState = CompilerState.create(configs[0], {
    additionalEntryPoints: entries.slice(1).map(({ declarations }) => declarations),
  })
  for (const [position, config] of configs.entries()) report(entries[position], config, compilerState)
  for (const folder of new Set(entries.map(({ folder }) => folder))) removeStrays(folder)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

if (failures.length > 0) {
  console.error(failures.join('\n'))
  console.error('\nThe public API is not what packages/*/api says. If that is what you want: pnpm api:update')
  process.exit(1)
}
console.log(`api: ${entries.length} entry points ${update ? 'written' : 'are as reported'}`)

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
      declarations: join(folder, target.types),
    }))
}

function configOf({ folder, report, declarations }) {
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
        // A type that is built of others which are not exported changes with them.
        includeForgottenExports: true,
        reportFileName: basename(report),
        reportFolder: join(folder, 'api'),
        reportTempFolder: join(scratch, basename(folder)),
      },
      docModel: { enabled: false },
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

/** A report of an entry point that is no longer there says that it is. */
function removeStrays(folder) {
  const expected = entries.map(({ report }) => report)
  for (const name of readdirSync(join(folder, 'api'))) {
    const file = `packages/${basename(folder)}/api/${name}`
    if (expected.includes(file)) continue
    if (update) rmSync(join(folder, 'api', name))
    else failures.push(`${file}: there is no such entry point`)
  }
}
