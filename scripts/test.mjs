// Runs every check of the repository and ends with a line that says what passed. Run it as `pnpm test`.
//
// A passed check is one line. A failed check prints its whole output.
import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))
const report = fileURLToPath(new URL('../test-results/vitest.json', import.meta.url))

/** Scripts of package.json, in order. Only the tests show their progress. */
const checks = [
  { name: 'build and types', script: ['turbo:quiet', 'build', 'typecheck'], required: true },
  { name: 'format and lint', script: ['lint'] },
  { name: 'words', script: ['lint:prose'] },
  { name: 'unused code', script: ['lint:unused'] },
  { name: 'public API', script: ['api:check'] },
  { name: 'bundle sizes', script: ['size:check'] },
  { name: 'package contents', script: ['lint:pkg'] },
  { name: 'installed packages', script: ['smoke'] },
  { name: 'tests', script: ['test:unit', '--coverage'], showsProgress: true },
]

const started = Date.now()
console.log('Running every check. This takes about 10 minutes on two cores, most of it for the tests.\n')
rmSync(report, { force: true })
const failed = []
for (const check of checks) {
  const since = Date.now()
  const { succeeded, output } = await run(check)
  const line = `${check.name.padEnd(20)} ${durationSince(since).padStart(8)}`
  if (succeeded) {
    console.log(`✓ ${line}`)
    continue
  }
  failed.push(check.name)
  console.error(`✗ ${line}\n${output}`)
  // Later checks need the build.
  if (check.required) break
}

const tests = countTests()
console.log(
  `\n${failed.length === 0 ? verdictOfSuccess() : verdictOfFailure()} in ${durationSince(started)}.`,
)
process.exitCode = failed.length === 0 ? 0 : 1

function verdictOfSuccess() {
  return `Passed: ${tests?.passed} tests in ${tests?.files} files and ${checks.length - 1} other checks,`
}

function verdictOfFailure() {
  const counts = tests === undefined ? '' : ` (${tests.passed} tests passed, ${tests.failed} failed)`
  return `FAILED: ${failed.join(', ')}${counts},`
}

function run({ script, showsProgress = false }) {
  const child = spawn('pnpm', ['run', '--silent', ...script], {
    cwd: root,
    stdio: ['ignore', showsProgress ? 'inherit' : 'pipe', showsProgress ? 'inherit' : 'pipe'],
    shell: process.platform === 'win32',
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ succeeded: code === 0, output }))
  })
}

function countTests() {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'))
    const [passed, failed] = [numPassedTests, numFailedTests].map((count) => count.toLocaleString('en-US'))
    return { passed, failed, files: testResults.length }
  } catch {
    return undefined
  }
}

function durationSince(start) {
  const seconds = Math.round((Date.now() - start) / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
