import { defineProject } from 'vitest/config'
import { aliases, testSettings } from '../../vitest.aliases.js'

export default defineProject({
  resolve: { alias: aliases },
  // The tests start processes, which a busy machine can make wait.
  test: {
    name: 'demo',
    include: ['test/**/*.test.ts'],
    ...testSettings,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
