// Runs the browser tests in the Chromium of this machine. Without one, it prints a notice and leaves no report, so that
// everything else can still be tested.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))
const names = ['chromium', 'chromium-browser', 'google-chrome']

rmSync(join(root, 'test-results/browser.json'), { force: true })
const browser = process.env.CHROMIUM ?? names.map(onPath).find((path) => path !== undefined)
if (browser === undefined) {
  console.error(`
==========================================================================================
BROWSER TESTS DID NOT RUN: none of ${names.join(', ')} is on the PATH.
Install one (Debian: apt-get install chromium), or name one: CHROMIUM=/path/to/chrome
==========================================================================================
`)
} else {
  const config = 'packages/adapter-contract/browser/vitest.config.ts'
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const { status } = spawnSync(
    process.execPath,
    [vitest, 'run', '--config', config, ...process.argv.slice(2)],
    { cwd: root, stdio: 'inherit', env: { ...process.env, CHROMIUM: browser } },
  )
  process.exitCode = status ?? 1
}

function onPath(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable)
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
