import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: ['./packages/*', './apps/*'],
    // By default, vitest leaves a core unused: on two cores, half of the machine.
    maxWorkers: '100%',
    // Only what is slow enough to be worth a look is listed below its file.
    slowTestThreshold: 5000,
    reporters: ['default', ['json', { outputFile: 'test-results/vitest.json' }]],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      reporter: ['text-summary', 'html'],
      thresholds: { lines: 90, functions: 90, branches: 85, statements: 90 },
    },
  },
})
