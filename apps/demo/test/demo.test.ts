import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('O-01 the demo prints one story in aligned plain text without a secret', async () => {
  const cwd = fileURLToPath(new URL('../', import.meta.url))
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', 'tsx', 'src/demo.ts'], {
    cwd,
  })

  expect(stderr).toBe('')
  expect(stdout).toContain('All 12 steps succeeded')
  const statuses = [...stdout.matchAll(/^ {6}(?:GET |POST) .{47} (\d{3})(?: |$)/gm)].map(
    ([, status]) => status,
  )
  expect(statuses).toEqual([
    ...['401', '200', '200', '201', '200', '200', '202', '200', '200'],
    ...['403', '200', '200', '200', '401', '200', '200', '200', '401', '401'],
  ])
  expect(stdout).not.toContain('\u001b[')
  // A token, a code or a verifier has at least 43 characters of base64url.
  expect(stdout).not.toMatch(/[\w-]{43}/)
})
