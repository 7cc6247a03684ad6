// Builds the packages, and then runs a command: `node scripts/after-build.mjs <command> <argument>...`. The build prints
// nothing unless it fails.
import { spawnSync } from 'node:child_process'

const shell = process.platform === 'win32'
const [command, ...parameters] = process.argv.slice(2)

const build = spawnSync('pnpm', ['run', '--silent', 'turbo:quiet', 'build'], { encoding: 'utf8', shell })
if (build.error !== undefined) throw build.error
if (build.status !== 0) {
  console.error(`${build.stdout}${build.stderr}`)
  process.exit(build.status ?? 1)
}
const { status } = spawnSync(command, parameters, { stdio: 'inherit', shell })
process.exitCode = status ?? 1
