import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { aliases, testSettings } from '../../../vitest.aliases.js'

/** For `pnpm test:browser`, which finds the browser. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  resolve: { alias: aliases },
  test: {
    name: 'browser',
    include: ['*.test.ts'],
    ...testSettings,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // One browser is busy enough.
    fileParallelism: false,
    reporters: [
      'default',
      ['json', { outputFile: fileURLToPath(new URL('../../../test-results/browser.json', import.meta.url)) }],
    ],
  },
})
