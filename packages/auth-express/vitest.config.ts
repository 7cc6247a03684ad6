import { defineProject } from 'vitest/config'
import { aliases, testSettings } from '../../vitest.aliases.js'

export default defineProject({
  resolve: { alias: aliases },
  test: { name: 'auth-express', include: ['test/**/*.test.ts'], ...testSettings },
})
